"""What a browser can ask of `serve`: `views` makes pages of what is known, `uploads` takes files, `actions` what a
person decides, `application` puts them behind the guards of `observe.page`.

An upload is named by its id, which is looked for among those that there are, and is never a path; nothing that is asked
for changes a setting.
"""

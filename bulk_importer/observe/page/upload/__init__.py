"""The pages of `serve`: the front, on which files are dropped and wait for their turn, and one for each upload.

Pure: `values` says what is shown, `front` and `sheet` make pages of that, in the `frame` that both have. They are
whole without a script: files go by a form, and a page on which something goes on is loaded again from time to time. The
script of `static` sends files with progress, and puts new content into a page when the server says that something
changed.
"""

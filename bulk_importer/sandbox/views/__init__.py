"""The JSON of answers, key by key as it was recorded, made of what the store holds.

    resources  projects, datasets, media, tasks, label configurations, the labels of one media
    values     one label value; a label configuration as it is exported

Nothing here knows requests, or decides who may see what.
"""

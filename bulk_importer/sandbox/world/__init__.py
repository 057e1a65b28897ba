"""What a sandbox holds, and what requests do to it: projects, media, tasks, label configurations, labels.

    store           one SQLite file, one transaction a request
    ids             row numbers to ids that look random, and back
    classes         the label configuration of a project
    values          the labels of one media, as a tree; when a value is valid
    collation       when the server's database takes two texts for one
    semantics       what an upload means, rule by rule
    label_writer    who writes labels, when, and how many rows of the real database that would be
    empty_values    values that a media gets because its configuration has a class for them
    projects        sets projects, datasets and media up
    config_changes  changes a label configuration, with all that follows for labels and tasks
    tasks           the states of tasks, and completion

Nothing here knows HTTP. What the server would refuse is raised as `Refused`.
"""

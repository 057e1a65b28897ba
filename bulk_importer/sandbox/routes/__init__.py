"""What each URL of the server answers: paths, bodies and queries here, meaning in `world`, JSON in `views`.

    prediction  the upload of labels
    projects    reads projects, datasets and media
    tasks       reads tasks, labels and configurations; completes and skips tasks
    values      changes single label values
    setup       changes projects, datasets, media, configurations, tasks and tokens
    export      the export of finished tasks
    inspection  what no DataGym has: prepares projects, shows what media hold and which requests came

Modules do not know each other. Each has a class that takes the `SandboxContext` and adds its routes in `register`;
`prediction` has none, because the middleware calls it: uploads outlive their connections.
"""

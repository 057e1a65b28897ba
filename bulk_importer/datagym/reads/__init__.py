"""What is on the server: projects, datasets, media, label configurations, labels. All of it by GET.

- `queries` asks one question at a time, again while the server does not answer, and reads the answer.
- `catalog` looks up projects and what they hold; `project_names` says which one a person means; `listings` reads long
  lists in bounded memory.
- `label_reader` reads what media hold.
- `server_clock` says how far the server's clock is ahead of ours.
- `opening` opens a server for look-ups that are no part of a run.

By token some of these reads write rows that are missing (protocol 3.4); where that is so, it is said.
"""

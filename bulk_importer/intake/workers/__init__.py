"""Does the work on stretches of the source: in child processes, or in a thread where the input is small.

`processes` starts the children, asks them, and replaces one that dies; `main` is the program of a child; `perform` is
what is done to a stretch: delimit its elements, have them judged. A worker is told by a `job.Job` what to read, and
answers with columns; it knows neither the order of segments nor their positions.
"""

"""From the bytes of a source to entries that may be sent: segments, workers, and the judge.

- `reading` iterates over the segments of a source in order, and cuts again where a guess was wrong.
- `framing` finds the array, cuts the source into segments, and delimits the elements of one.
- `workers` does the work on a segment in other processes, of which `job` is the question and the answer.
- `validation` judges elements, by rules.
- `placing` makes findings and positions of what a worker judged, which counts from its segment.

Nothing here knows the server, the checkpoint, or what becomes of an entry.

Guess, then prove. `framing.opening` finds the array, and `framing.foreign` names what is none; `framing.cutting` cuts
the source into segments at a guessed element boundary; a worker proves the guess (`framing.segments`: the stretch
decodes as an array, so it ends where it began, between elements), or delimits it exactly (`framing.scan`, and
`framing.exact` where JSON stops being JSON), and has the elements judged. What comes back are columns. A wrong guess
costs time, never truth: every segment behind a proven one begins at an element.

The same once more inside a segment, and inside an entry, as long as guesses come true. Elements are delimited
wherever two seem to be joined (`segments.frame_at_joints`), and each is decoded into a form of what this input has
looked like so far (a narrow form, see `forms.form`). The decoding itself proves both, and one count of colons proves
for the whole segment that no key came twice. What does not fit is decoded into the wide form, which knows all that is
ordinary, in twice the time, and what does not fit that gets the exact look (`strict_json`, `schema`, `labels.meaning`)
in ten times. Only where such an element is no JSON is the segment delimited anew
(`segments.frame`) and judged again.

Memory, whatever the size of the source, with S `segment_bytes`, W `workers`, E the largest entry, N the entries of a
segment (at most `max_segment_entries`); `benchmarks/bench_intake.py` holds processes against it:

    main process    an interpreter with its libraries: 25 MB, with those that speak to a server 40 MB
                    the segment that is handed on: S
                    columns of W + 1 segments, about 100 bytes an entry: (W + 1) * 100 * N
                    where the source is no plain file, the bytes of W + 1 segments, once in the window that slides
                    over the stream and once with the job: 2 * (W + 1) * S
                    free memory that is kept for the next segment (see `machine.malloc`): 16 MB at most
                    the window of zstd data: 8 MB at most unless they were packed to need more, and then up to 2 GiB,
                    where there is so much (see `zstd_frame`)
    each worker     an interpreter with its decoders: 20 MB
                    the stretch and its joined copy, and what the C library keeps for the next: 4 * S
                    its columns: 100 * N
                    one decoded entry: 10 * E

With S = 2 MiB and W = 2 that is 109 MB, and 121 for a compressed source. Where an entry is longer than S, the stretch
doubles until it holds it, so S is to be read as 4 * E.
"""

from typing import TYPE_CHECKING

from bulk_importer.loading.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from bulk_importer.intake.reading import End, Intake, IntakeOptions
    from bulk_importer.intake.validation.judge import Judge
    from bulk_importer.intake.validation.rules import Rules
    from bulk_importer.intake.validation.segment_builder import Judged
else:
    __getattr__ = lazy_exports(
        __name__,
        {
            **dict.fromkeys(("End", "Intake", "IntakeOptions"), "reading"),
            "Judge": "validation.judge",
            "Judged": "validation.segment_builder",
            "Rules": "validation.rules",
        },
    )

__all__ = [
    "End",
    "Intake",
    "IntakeOptions",
    "Judge",
    "Judged",
    "Rules",
]

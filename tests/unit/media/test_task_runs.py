"""Rows of lists become flags, and tasks become columns."""

from __future__ import annotations

import pytest

from bulk_importer.labels.entry import key_of
from bulk_importer.media.rules import MediaFlag
from bulk_importer.media.task_runs import MediaTask, TaskRun


def row(media_id: str, **more: object) -> dict[str, object]:
    """A row of the server's task list."""
    return {
        "mediaId": media_id,
        "labelTaskType": "DEFAULT",
        "labelTaskState": "BACKLOG",
        "hasJsonUpload": False,
        **more,
    }


def test_rows_of_the_task_list_become_flags() -> None:
    """State, type and upload; a bare id is importable."""
    assert MediaTask.of_row(row("a")).flags == MediaFlag.IMPORTABLE
    assert MediaTask.of_row({"mediaId": "a"}).flags == MediaFlag.IMPORTABLE
    assert MediaTask.of_row(row("a", labelTaskType="BENCHMARK_MASTER")).flags == MediaFlag.BENCHMARK
    assert MediaTask.of_row(row("a", hasJsonUpload=True)).flags == MediaFlag.IMPORTABLE | MediaFlag.UPLOADED
    assert MediaTask.of_row(row("a", width=640, height=480))[2:] == (640, 480)
    finished = [
        state
        for state in (
            "BACKLOG",
            "WAITING",
            "WAITING_CHANGED",
            "IN_PROGRESS",
            "SKIPPED",
            "COMPLETED",
            "REVIEWED",
        )
        if MediaTask.of_row(row("a", labelTaskState=state)).flags & MediaFlag.FINISHED
    ]
    assert finished == ["IN_PROGRESS", "COMPLETED", "REVIEWED"]


@pytest.mark.parametrize(
    ("more", "flags"),
    [
        ({"importable": True, "hasJsonUpload": "true"}, MediaFlag.IMPORTABLE | MediaFlag.UPLOADED),
        ({"importable": "yes", "hasJsonUpload": "no"}, MediaFlag.IMPORTABLE),
        ({"importable": "1", "hasJsonUpload": ""}, MediaFlag.IMPORTABLE),
        ({"importable": "false"}, MediaFlag.BENCHMARK),
        ({"importable": False}, MediaFlag.BENCHMARK),
        ({"importable": "true", "labelTaskType": "BENCHMARK_SLAVE"}, MediaFlag.BENCHMARK),
    ],
)
def test_files_may_say_it_in_texts(more: dict[str, object], flags: MediaFlag) -> None:
    """As CSV has to; what is not said to be importable is not."""
    assert MediaTask.of_row(row("a", **more)).flags == flags


@pytest.mark.parametrize(
    ("true", "false"),
    [
        *(("TRUE", "FALSE"), ("True", "False"), ("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERO", "FALSO")),
        *(("VERDADERO", "FALSO"), ("VERDADEIRO", "FALSO"), ("WAAR", "ONWAAR"), ("SANT", "FALSKT")),
        *(("SAND", "FALSK"), ("SANN", "USANN"), ("TOSI", "EPÄTOSI"), ("PRAWDA", "FAŁSZ"), ("IGAZ", "HAMIS")),
        *(("PRAVDA", "NEPRAVDA"), ("DOĞRU", "YANLIŞ"), ("ИСТИНА", "ЛОЖЬ"), ("ΑΛΗΘΗΣ", "ΨΕΥΔΗΣ")),
        *(
            ("1", "0"),
            (1, 0),
            (1.0, 0.0),
            ("1.0", "0,0"),
            (" Yes ", "no"),
            ("Y", "N"),
            ("t", "F"),
            ("on", "Off"),
        ),
        *(("Sí", "No"), ("sim", "NÃO"), ("Ja", "Nein"), ("oui", "non"), ("EVET", "HAYIR"), ("evet", "hayır")),
    ],
)
def test_truth_values_are_understood_as_spreadsheets_and_people_write_them(
    true: object, false: object
) -> None:
    """In any case, and in the language of the machine."""
    both = MediaFlag.IMPORTABLE | MediaFlag.UPLOADED
    assert MediaTask.of_row(row("a", importable=true, hasJsonUpload=true)).flags == both
    assert MediaTask.of_row(row("a", importable=false, hasJsonUpload=false)).flags == MediaFlag.BENCHMARK


@pytest.mark.parametrize("value", ["TRU", "x", "2", 2, "=TRUE()", "#REF!", "yes and no", float("nan")])
@pytest.mark.parametrize("column", ["importable", "hasJsonUpload"])
def test_what_is_neither_true_nor_false_is_refused(column: str, value: object) -> None:
    """Taken for a no it would reject all, or let labels come twice; what is left empty says nothing."""
    with pytest.raises(ValueError, match="neither true nor false"):
        MediaTask.of_row(row("a", **{column: value}))
    for empty in ("", None):
        assert MediaTask.of_row(row("a", **{column: empty})).flags == MediaFlag.IMPORTABLE


@pytest.mark.parametrize("state", ["completed", " Completed", "in progress", "In-Progress"])
def test_a_state_is_understood_however_it_is_written(state: str) -> None:
    """The work of people is guarded by it."""
    assert MediaTask.of_row(row("a", labelTaskState=state)).flags & MediaFlag.FINISHED


@pytest.mark.parametrize("width", [True, -1, 1.5, "640px", "٣"])
def test_a_size_is_a_whole_number_of_pixels(width: object) -> None:
    """Anything else is a mistake in the list."""
    with pytest.raises(ValueError, match="pixels"):
        MediaTask.of_row(row("a", width=width, height=1))


def test_a_value_that_no_list_holds_is_refused() -> None:
    """Nobody knows what it would mean."""
    with pytest.raises(TypeError):
        MediaTask.of_row(row("a", labelTaskState=[]))


def test_tasks_become_columns_in_their_order() -> None:
    """Keys are those of lanes; sizes are a column only where one is known whole."""
    run = TaskRun.of([MediaTask("B ", 1, 4, 3), MediaTask("a\ud800", 9, 4, 0), MediaTask("a", 2)])
    assert list(run.keys) == [key_of("b"), key_of("a\ud800"), key_of("a")]
    assert list(run.flags) == [1, 9, 2]
    assert list(run.sizes) == [4 | 3 << 32, 0, 0]
    assert not TaskRun.of([MediaTask("a", 1, 4, 0)]).sizes
    assert TaskRun.of([]) == TaskRun.of_lanes([])
    assert TaskRun.of_lanes(["a", "b"]) == TaskRun.of([MediaTask.of_id("A"), MediaTask.of_id("b")])

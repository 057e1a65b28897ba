"""`plan` on the command line: where a plan comes to lie, what is said of it, and what is refused with the way out."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from integration.cli.conftest import Run
from xxhash import xxh3_128_hexdigest

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.planning.reading import pieces_of, read_plan
from bulk_importer.distributed.values import PLAN, Plan
from bulk_importer.sandbox import Sandbox
from support.around.s3 import put
from support.entries import entry
from support.places import TOP


@pytest.fixture
async def project(sandbox: Sandbox) -> Any:
    """A project of ten media."""
    return await sandbox.prepare(name="streets", media=10)


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    """Where plans are to lie."""
    return FolderPlace(tmp_path / "huge.plan")


def _written(path: Path, entries: list[Any]) -> Path:
    path.write_text(json.dumps(entries))
    return path


def _to(sandbox: Sandbox, place: FolderPlace) -> list[str]:
    return ["--server", sandbox.url, "--project", "streets", "--output", place.name, "--workers", "0"]


def _positions(place: Place, plan: Plan) -> list[list[int]]:
    """Of each shard the positions."""
    return [
        [
            position
            for piece in pieces_of(place, shard)
            for position in range(piece.first, piece.first + piece.count)
        ]
        for shard in plan.shards
    ]


async def test_a_plan_says_how_a_source_is_divided_and_what_to_run(
    run_process: Run, sandbox: Sandbox, project: Any, place: FolderPlace, tmp_path: Path
) -> None:
    """All entries of a media go to one shard; what would be rejected is said, and does not hinder."""
    ids = project.media_ids
    entries = [entry(ids[n], n) for n in (0, 1, 2, 3, 4, 5)] + [entry(ids[0], 7), entry("nobody", 8)]
    source = _written(tmp_path / "huge.json", entries)
    done = await run_process(
        "plan", source, *_to(sandbox, place), "--shards", "3", "--max-errors", "9", "--strict"
    )
    assert done.code == 0, done
    assert f"{source}: 8 entries, 7 could be sent, 1 would be rejected" in done.out
    assert "error       1 x media-unknown" in done.out
    assert "1 entry is in another shard than the entries around" in done.out
    assert f"bulk-importer work {place.name} --index 0    (to 2)" in done.out
    assert f"bulk-importer gather {place.name}" in done.out
    plan = read_plan(place)
    first, *others = _positions(place, plan)
    assert {0, 6} <= set(first)
    assert sorted([*first, *(position for each in others for position in each)]) == list(range(8))
    assert (plan.source, plan.server, plan.project) == (str(source), sandbox.url, project.id)
    assert (plan.entries, plan.accepted, plan.rejected) == (8, 7, 1)
    assert plan.project_name == "streets"
    assert plan.settings == {"strict": True, "shards": 3}
    assert sum(int(shard.max_errors) for shard in plan.shards) == 9
    assert sum(seat.max_in_flight for seat in plan.seats) == 8


async def test_the_same_command_finds_its_plan_and_another_one_is_refused(
    run_process: Run, sandbox: Sandbox, project: Any, place: FolderPlace, tmp_path: Path
) -> None:
    """A job that is started again does no harm; a plan is never changed."""
    source = _written(tmp_path / "huge.json", [entry(media_id) for media_id in project.media_ids])
    assert (await run_process("plan", source, *_to(sandbox, place), "--shards", "3")).code == 0
    before = place.read(PLAN)
    again = await run_process("plan", source, *_to(sandbox, place), "--shards", "3", "--json")
    facts = json.loads(again.out)
    assert (again.code, facts["shards"], facts["is_new"]) == (0, 3, False)
    other = await run_process("plan", source, *_to(sandbox, place), "--shards", "4")
    assert other.code == 2
    assert "holds another plan" in other.err
    assert "What differs: --shards (3 there, 4 here)." in other.err
    _written(source, [])
    changed = await run_process("plan", source, *_to(sandbox, place), "--shards", "3")
    assert changed.code == 2
    assert "What differs: the content of the source." in changed.err
    assert place.read(PLAN) == before


async def test_fewer_entries_make_fewer_shards(
    run_process: Run, sandbox: Sandbox, project: Any, place: FolderPlace, tmp_path: Path
) -> None:
    """Which is said; a source without entries makes one, so that whatever works on plans goes through."""
    source = _written(tmp_path / "huge.json", [entry(project.media_ids[n]) for n in (0, 1)])
    done = await run_process("plan", source, *_to(sandbox, place), "--shards", "5")
    assert "5 shards were asked for; 2 entries make 2" in done.out
    empty = FolderPlace(tmp_path / "empty.plan")
    done = await run_process("plan", _written(tmp_path / "e.json", []), *_to(sandbox, empty))
    assert done.code == 0, done
    assert _positions(empty, read_plan(empty)) == [[]]


def _signed(_: Path) -> list[str]:
    return ["https://files.test/huge.json?X-Amz-Signature=5f"]


def _packed(folder: Path) -> list[str]:
    (folder / "huge.json.gz").write_bytes(gzip.compress(b"[]"))
    return [str(folder / "huge.json.gz")]


def _pipe(folder: Path) -> list[str]:
    os.mkfifo(folder / "pipe")
    return [str(folder / "pipe")]


def _of_another_tool(_: Path) -> list[str]:
    return [str(TOP / "tests/vectors/formats/coco/pycocotools")]


def _broken(folder: Path) -> list[str]:
    (folder / "huge.json").write_text('[{"internal_media_ID": "a", "labels": {}}, {"internal_')
    return [str(folder / "huge.json")]


def _with(*flags: str) -> Any:
    def words(folder: Path) -> list[str]:
        return [str(_written(folder / "huge.json", [entry("a"), entry("b")])), *flags]

    return words


REFUSED = [
    (_with("--limit", "3"), 2, "--limit has no effect in a plan"),
    (_with("--header", "Key: secret"), 2, "give --header @FILE"),
    (_with("--at-once", "9"), 2, "--at-once 9 workers cannot share 8 in flight"),
    (_with("--max-in-flight", "2", "--at-once", "3"), 2, "Take --at-once 2, or raise --max-in-flight"),
    (_with("--polite", "--at-once", "3"), 2, "--polite allows 2"),
    (_with("--allow", "nonsense"), 2, "nonsense"),
    (_with("other.json"), 2, "A plan is of one source, and 2 are named"),
    (_with("--project", "elsewhere"), 6, "elsewhere"),
    (lambda _: ["missing.json"], 3, "missing.json cannot be read"),
    (lambda _: ["ftp://files.test/huge.json"], 2, "ftp:// is not known"),
    (_signed, 2, "in the URL of https://files.test/huge.json what stands behind the ? may be one"),
    (_packed, 2, "is compressed: workers cannot begin in the middle of it. Unpack it"),
    (_pipe, 2, "can be read once only"),
    (_of_another_tool, 2, "bulk-importer convert"),
    (_broken, 3, "position 1"),
]


@pytest.mark.parametrize(("words", "code", "said"), REFUSED)
async def test_what_makes_no_plan_is_refused_with_the_way_out(
    words: Any,
    code: int,
    said: str,
    run_process: Run,
    sandbox: Sandbox,
    project: Any,
    place: FolderPlace,
    tmp_path: Path,
) -> None:
    """Nothing is left at the place then."""
    done = await run_process("plan", *_to(sandbox, place), *words(tmp_path))
    assert done.code == code, done
    assert said in done.err
    assert not place.names("")


async def test_a_place_that_cannot_be_written_is_told_before_the_source_is_read(
    run_process: Run, sandbox: Sandbox, project: Any, tmp_path: Path
) -> None:
    """A file lies there."""
    source = _written(tmp_path / "huge.json", [entry(project.media_ids[0])])
    done = await run_process("plan", source, *_to(sandbox, FolderPlace(source / "plan")))
    assert done.code == 7
    assert f"{source / 'plan'} cannot be used" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--project", "p", "--output", "o"], "--server URL and --project ID_OR_NAME are needed"),
        (
            ["--server", "http://127.0.0.1:1", "--project", "p"],
            "Say where the plan is to lie: --output PLACE",
        ),
    ],
)
async def test_what_is_missing_is_asked_for(words: list[str], said: str, run_process: Run) -> None:
    """Where to, and where it is to lie."""
    done = await run_process("plan", "huge.json", *words)
    assert done.code == 2
    assert said in done.err


async def test_source_and_plan_may_lie_in_a_bucket(
    run_process: Run, sandbox: Sandbox, project: Any, bucket: str
) -> None:
    """A cut in the middle of a segment is read there once more, for its digest."""
    content = json.dumps([entry(media_id, n) for n, media_id in enumerate(project.media_ids * 3)]).encode()
    put(bucket, "huge.json", content)
    url = "s3://labels/plans/huge"
    flags = ["--server", sandbox.url, "--project", "streets", "--workers", "0", "--shards", "4"]
    done = await run_process("plan", "s3://labels/huge.json", *flags, "--output", url)
    assert done.code == 0, done
    place = open_place(url)
    plan = read_plan(place)
    assert plan.source == "s3://labels/huge.json"
    assert plan.identity.size == len(content)
    for shard in plan.shards:
        for piece in pieces_of(place, shard):
            assert xxh3_128_hexdigest(content[piece.offset : piece.offset + piece.length]) == piece.digest
    assert sorted(position for each in _positions(place, plan) for position in each) == list(range(30))
    again = await run_process("plan", "s3://labels/huge.json", *flags, "--output", url)
    assert "it lay there already" in again.out


async def test_commands_that_are_shown_can_be_pasted_and_an_empty_source_is_said_to_be_one(
    run_process: Run, sandbox: Sandbox, project: Any, tmp_path: Path
) -> None:
    """A folder may have a space in its name; the one shard of nothing is not called one that is not empty."""
    place = FolderPlace(tmp_path / "huge one.plan")
    source = _written(tmp_path / "labels.json", [])
    done = await run_process("plan", source, *_to(sandbox, place), "--shards", 3)
    assert f"bulk-importer work '{place.name}' --index 0\n" in done.out
    assert f"bulk-importer gather '{place.name}'\n" in done.out
    assert "3 shards were asked for; without an entry there is 1, which is empty" in done.out


async def test_a_plan_and_the_checkpoint_of_an_import_do_not_share_a_folder(
    run_process: Run, sandbox: Sandbox, project: Any, place: FolderPlace, tmp_path: Path
) -> None:
    """Neither knows what the other delivered, and would send it again."""
    source = _written(tmp_path / "huge.json", [entry(each, 1) for each in project.media_ids])
    asked = _to(sandbox, place)
    assert (await run_process("plan", source, *asked, "--shards", 2)).code == 0
    target, checkpoint = asked[:4], tmp_path / "checkpoint"
    done = await run_process("import", source, *target, "--checkpoint", place.name)
    assert done.code == 2
    assert "and an import beside it would send again what they delivered" in done.err
    assert (await run_process("import", source, *target, "--checkpoint", checkpoint)).code == 0
    sent = dict(sandbox.commits)
    done = await run_process("plan", source, *target, "--output", checkpoint)
    assert done.code == 2
    assert "is the checkpoint of an import, and a plan there would send again" in done.err
    assert sandbox.commits == sent

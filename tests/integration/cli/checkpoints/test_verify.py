"""The command that proves a checkpoint, with the exit code that says what it proved."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.model import Segment
from support.checkpoints import header
from support.entries import batch_of, rejection_of, segment_of

CONTENT = b"[" + b",".join(b'{"n":%09d}' % number for number in range(20)) + b"]"


def read_part(first: int, count: int, low: int, high: int) -> Segment:
    """The segment of `CONTENT` at these bytes."""
    digest = xxh3_128_hexdigest(CONTENT[low:high])
    made = segment_of(first, count)
    return msgspec.structs.replace(
        made, key=msgspec.structs.replace(made.key, offset=low, length=high - low, digest=digest)
    )


async def imported(
    folder: Path, *, rejected: bool = False, doubted: bool = False, source: str = "labels.json"
) -> Path:
    """The checkpoint of an import of `CONTENT` that was read to its end."""
    checkpoint = Checkpoint.open(folder / "c", msgspec.structs.replace(header(), source=source))
    await checkpoint.record_segment(read_part(0, 12, 1, 200))
    await checkpoint.record_segment(read_part(12, 8, 200, len(CONTENT) - 1))
    await checkpoint.record_end(20, len(CONTENT))
    if rejected:
        await checkpoint.record_rejected([rejection_of(0)])
    batch = batch_of(1, range(int(rejected), 20))
    await checkpoint.record_sent(batch)
    await (checkpoint.record_in_doubt(batch, "reset") if doubted else checkpoint.record_delivered(batch))
    await checkpoint.close()
    return folder / "c"


async def test_a_finished_import_is_proven_with_its_source(run: Callable[..., Any], tmp_path: Path) -> None:
    """Exit 0, and each claim is said."""
    folder = await imported(tmp_path)
    (tmp_path / "labels.json").write_bytes(CONTENT)
    done = await run("verify", folder, tmp_path / "labels.json")
    assert done.code == 0
    assert done.out.count("\n  proven") == 6
    assert "Every entry is accounted for, once." in done.out


async def test_a_compressed_source_is_held_against_the_same_digests(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """What is proven is its content."""
    folder = await imported(tmp_path)
    for pack in (gzip, bz2):
        (tmp_path / "packed").write_bytes(pack.compress(CONTENT))
        assert (await run("verify", folder, tmp_path / "packed")).code == 0


async def test_a_source_that_differs_is_exit_7_and_the_place_is_named(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """What was delivered is not what stands there."""
    folder = await imported(tmp_path)
    (tmp_path / "labels.json").write_bytes(CONTENT.replace(b"15", b"16"))
    done = await run("verify", folder, tmp_path / "labels.json")
    assert done.code == 7
    assert "1 of 2 segments differs, the first between byte 200" in done.out
    assert "positions 12 to 19" in done.out


async def test_a_source_with_more_behind_its_end_is_not_the_one_that_was_read(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """All segments fit, and yet."""
    folder = await imported(tmp_path)
    (tmp_path / "labels.json").write_bytes(CONTENT[:-1] + b",{}]")
    done = await run("verify", folder, tmp_path / "labels.json")
    assert done.code == 7
    assert f"has {len(CONTENT) + 3} bytes, and had {len(CONTENT)}" in done.out


async def test_what_was_never_read_holds_no_position(run: Callable[..., Any], tmp_path: Path) -> None:
    """In words."""
    await Checkpoint.open(tmp_path / "c", header()).close()
    done = await run("verify", tmp_path / "c")
    assert "0 segments hold no position: as far as it was read" in done.out


async def test_rejections_are_exit_1_and_doubts_exit_5(run: Callable[..., Any], tmp_path: Path) -> None:
    """As an import ends with them."""
    assert (await run("verify", await imported(tmp_path / "a", rejected=True))).code == 1
    assert (await run("verify", await imported(tmp_path / "b", rejected=True, doubted=True))).code == 5


async def test_json_has_the_claims_and_the_counts(run: Callable[..., Any], tmp_path: Path) -> None:
    """One object, also where the log is damaged."""
    folder = await imported(tmp_path)
    facts = json.loads((await run("verify", folder, "--json")).out)
    assert (facts["proven"], facts["exit_code"], facts["delivered"], facts["entries"]) == (True, 0, 20, 20)
    assert {claim["claim"] for claim in facts["claims"]} == {
        "tiling",
        "outcomes",
        "accounts",
        "rejects",
        "digests",
    }
    content = bytearray((folder / "log").read_bytes())
    content[-5] ^= 1
    (folder / "log").write_bytes(content)
    done = await run("verify", folder, "--json")
    assert done.code == 7
    assert json.loads(done.out)["proven"] is False
    assert "is damaged at byte" in done.err


async def test_a_source_that_is_not_there_is_exit_3(run: Callable[..., Any], tmp_path: Path) -> None:
    """Nothing is wrong with the checkpoint."""
    folder = await imported(tmp_path)
    done = await run("verify", folder, tmp_path / "nowhere.json")
    assert done.code == 3


async def test_a_flipped_bit_is_turned_back_by_repair(run: Callable[..., Any], tmp_path: Path) -> None:
    """The error names the way, the damaged log is kept, and nothing is in doubt because of it."""
    folder = await imported(tmp_path)
    content = bytearray((folder / "log").read_bytes())
    content[len(content) // 2] ^= 8
    (folder / "log").write_bytes(content)
    refused = await run("verify", folder)
    assert refused.code == 7
    assert "--repair" in refused.err
    done = await run("verify", folder, "--repair")
    assert done.code == 0
    assert "1 flipped bit was turned back, 0 records are lost" in done.err
    assert (folder / "log.damaged").read_bytes() == content
    again = await run("verify", folder, "--repair")
    assert "not damaged; nothing was changed" in again.err


async def test_a_lost_record_leaves_what_may_have_been_sent_in_doubt(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """Exit 5: to be read back by the next import, or resolved by a person."""
    folder = await imported(tmp_path)
    content = (folder / "log").read_bytes()
    at = content.index(b'{"type":"delivered"')
    (folder / "log").write_bytes(content[: at + 3] + b"?????" + content[at + 8 :])
    done = await run("verify", folder, "--repair")
    assert done.code == 5
    assert "1 record is lost, and 20 entries are unconfirmed" in done.err
    assert (await run("resolve", folder, "--delivered")).code == 0
    assert (await run("verify", folder)).code == 0


async def test_a_log_that_lost_a_segment_is_not_repaired_and_left_as_it_is(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """It is not known what was read, let alone sent."""
    folder = await imported(tmp_path)
    content = (folder / "log").read_bytes()
    at = content.index(b'{"type":"segment"')
    damaged = content[: at + 3] + b"?????" + content[at + 8 :]
    (folder / "log").write_bytes(damaged)
    done = await run("verify", folder, "--repair")
    assert done.code == 7
    assert "cannot be repaired, because the record of a segment is lost" in done.err
    assert (folder / "log").read_bytes() == damaged
    assert not (folder / "log.damaged").exists()


async def several(folder: Path) -> Path:
    """What an import of two files with one `--checkpoint` leaves: the second one has a rejection."""
    for name, rejected in (("a", False), ("b", True)):
        made = await imported(folder / name, rejected=rejected, source=f"in/{name}.json")
        (folder / "all").mkdir(exist_ok=True)
        made.rename(folder / "all" / f"{name}.json.checkpoint")
    return folder / "all"


async def test_a_folder_of_several_checkpoints_is_proven_as_a_whole(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """Each with its claims, and the exit code that matters most."""
    folder = await several(tmp_path)
    done = await run("verify", folder)
    assert done.code == 1
    assert done.out.count("Every entry is accounted for, once.") == 2
    facts = json.loads((await run("verify", folder, "--json")).out)
    assert (facts["proven"], facts["exit_code"]) == (True, 1)
    assert [each["source"] for each in facts["checkpoints"]] == ["in/a.json", "in/b.json"]


async def test_one_that_is_damaged_does_not_hide_the_others(run: Callable[..., Any], tmp_path: Path) -> None:
    """It is named with its own way out, which is the right one."""
    folder = await several(tmp_path)
    log = folder / "a.json.checkpoint" / "log"
    content = bytearray(log.read_bytes())
    content[-5] ^= 1
    log.write_bytes(content)
    done = await run("verify", folder)
    assert done.code == 7
    assert f"verify {folder / 'a.json.checkpoint'} --repair" in done.err
    assert "in/b.json" in done.out
    facts = json.loads((await run("verify", folder, "--json")).out)
    assert [each["proven"] for each in facts["checkpoints"]] == [False, True]
    assert facts["proven"] is False
    assert (await run("verify", folder, "--repair")).code == 1


async def test_sources_belong_to_the_checkpoints_of_their_names(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """In any order, and not all of them; one that belongs to none is refused."""
    folder = await several(tmp_path)
    for name in ("a.json", "b.json", "c.json"):
        (tmp_path / name).write_bytes(CONTENT)
    done = await run("verify", folder, tmp_path / "b.json", tmp_path / "a.json")
    assert done.code == 1
    assert done.out.count("the source holds what was read") == 2
    (tmp_path / "b.json").write_bytes(CONTENT.replace(b"15", b"16"))
    done = await run("verify", folder, tmp_path / "b.json")
    assert done.code == 7
    assert "1 of 2 segments differs" in done.out
    done = await run("verify", folder, tmp_path / "c.json")
    assert done.code == 2
    assert "c.json" in done.err


async def test_what_is_for_one_checkpoint_names_those_that_there_are(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """`retry` and `resolve` do not guess; a folder that holds one is that one."""
    folder = await several(tmp_path)
    for command in (["retry", folder], ["resolve", folder, "--not-delivered"]):
        done = await run(*command)
        assert done.code == 2
        assert str(folder / "b.json.checkpoint") in done.err
    (folder / "a.json.checkpoint").rename(tmp_path / "elsewhere")
    assert (await run("resolve", folder, "--not-delivered")).code == 0


async def test_what_is_advised_for_a_damaged_log_is_said_once_and_names_the_folder(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """By each command that reads it; what cannot be repaired has no such advice."""
    folder = await imported(tmp_path)
    log = folder / "log"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 0xFF
    content[len(content) // 2 + 9] ^= 0xFF
    log.write_bytes(content)
    for command in ("verify", "status"):
        said = (await run(command, folder)).err
        assert said.count("--repair") == 1
        assert f"'bulk-importer verify {folder} --repair'" in said


async def test_a_file_that_is_gone_is_a_claim_that_does_not_hold(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """In the words of a proof, and not in those of an import."""
    folder = await imported(tmp_path)
    (folder / "digests").unlink()
    done = await run("verify", folder)
    assert done.code == 7
    assert f"WRONG    {folder / 'digests'} cannot be used: " in done.out
    assert "same command" not in done.out

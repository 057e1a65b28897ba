"""What is wrong with packed bytes is said with the way on; following it delivers the rest, and nothing twice."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from support.commands import Command
from support.entries import noted

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p` of fifty media, and an array with an entry for each, in JSON and in two parts."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=50)
    sandbox.arguments = ["--server", sandbox.url, "--project", "p", "--segment-bytes", "1000"]
    sandbox.entries = [
        noted(media_id, number) for number, media_id in enumerate(sandbox.project["media_ids"])
    ]
    sandbox.content = json.dumps(sandbox.entries).encode()
    sandbox.half = sandbox.content.index(b"{", len(sandbox.content) // 2)
    return sandbox


def points(target: Any) -> list[int]:
    """How many points each media of the project holds."""
    held = target.labels(target.project["id"])
    return [sum(1 for value in values if value["k"] == "poi") for values in held.values()]


@pytest.mark.parametrize("form", PACK)
def test_garbage_behind_the_last_member_is_cut_off_as_advised(
    command: Command, target: Any, form: str
) -> None:
    """All entries are delivered before it; the same command cannot go on before that, and can behind."""
    packed = PACK[form](target.content[: target.half]) + PACK[form](target.content[target.half :])
    source = command.folder / "l.json"
    source.write_bytes(packed + b"the rest of an older file")
    command("import", "l.json", *target.arguments)
    for done in (command("import", "l.json", *target.arguments),):
        assert done.returncode == 3
        assert (
            f"something that is no {form} follows its {form} data, from byte {len(packed)} on" in done.stdout
        )
        assert "resumes where this run stopped" not in done.stdout
    advised = re.search(r"\((head -c \d+ FILE > CUT)\)", done.stdout)
    assert advised is not None
    shutil.copy(source, command.folder / "FILE")
    subprocess.run(["sh", "-c", advised[1]], cwd=command.folder, check=True)
    (command.folder / "CUT").replace(source)
    summary = command.summary("l.json", *target.arguments)
    assert (summary["state"], summary["delivered"], summary["owed"]) == ("complete", 50, 0)
    assert summary["this_run"]["requests"] == 0
    assert points(target) == [1] * 50
    assert command("verify", "l.json.checkpoint", "l.json").returncode == 0


def test_a_check_reports_what_could_be_unpacked(command: Command, target: Any) -> None:
    """And why there is no more of it."""
    wrong = {**target.entries[3], "labels": []}
    packed = gzip.compress(json.dumps([*target.entries, wrong]).encode())
    (command.folder / "l.json").write_bytes(packed + b"more")
    done = command("check", "l.json", "--label-config", "none", "--no-check-media", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["exit_code"]) == (3, 3)
    assert (report["entries"], report["rejected"]) == (51, 1)
    assert "something that is no gzip follows" in report["message"]


@pytest.mark.parametrize("fault", ["breaks off", "is damaged"])
@pytest.mark.parametrize("form", PACK)
def test_a_copy_that_went_wrong_is_copied_again_as_advised(
    command: Command, target: Any, form: str, fault: str
) -> None:
    """What could be unpacked is delivered, and the rest when the whole is there, also packed otherwise."""
    rest = bytearray(PACK[form](target.content[target.half :]))
    if fault == "is damaged":
        rest[len(rest) // 2 :] = bytes(byte ^ 0x5A for byte in rest[len(rest) // 2 :])
    else:
        del rest[len(rest) // 2 :]
    source = command.folder / "l.json"
    source.write_bytes(PACK[form](target.content[: target.half]) + rest)
    done = command("import", "l.json", *target.arguments)
    assert done.returncode == 3
    assert f"its {form} data {fault}" in done.stdout
    assert "Copy it again from where it came, whole, and run the same command again." in done.stdout
    assert "resumes where this run stopped" not in done.stdout
    source.write_bytes(PACK[form](target.content))
    summary = command.summary("l.json", *target.arguments)
    assert (summary["state"], summary["delivered"], summary["owed"]) == ("complete", 50, 0)
    assert 0 < summary["this_run"]["delivered"] < 50
    assert points(target) == [1] * 50


def test_another_file_in_the_place_of_a_damaged_one_is_refused(command: Command, target: Any) -> None:
    """It must hold what was read of the damaged one; nothing of it is sent before that is known."""
    source = command.folder / "l.json"
    source.write_bytes(gzip.compress(target.content[: target.half]) + b"\x1f\x8bdamage")
    assert command("import", "l.json", *target.arguments).returncode == 3
    before = sum(points(target))
    source.write_bytes(gzip.compress(json.dumps(target.entries[::-1]).encode()))
    done = command("import", "l.json", *target.arguments)
    assert done.returncode == 7
    assert "does not hold what it held" in done.stdout
    assert sum(points(target)) == before
    done = command(
        "import", "l.json", *target.arguments, "--checkpoint", "n", "--settled-by", "l.json.checkpoint"
    )
    assert done.returncode == 0, done.stderr
    assert points(target) == [1] * 50


def test_a_packed_source_that_is_malformed_inside_is_mended_under_its_name(
    command: Command, target: Any
) -> None:
    """And held against what was read of it."""
    source = command.folder / "l.json"
    source.write_bytes(gzip.compress(target.content[:-1] + b"}"))
    assert command("import", "l.json", *target.arguments).returncode == 3
    source.write_bytes(gzip.compress(target.content.replace(b'"n3"', b'"n?"')))
    assert command("import", "l.json", *target.arguments).returncode == 7
    source.write_bytes(gzip.compress(target.content))
    summary = command.summary("l.json", *target.arguments)
    assert (summary["state"], summary["delivered"]) == ("complete", 50)
    assert points(target) == [1] * 50

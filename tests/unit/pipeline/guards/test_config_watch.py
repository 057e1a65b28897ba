"""The watch over the label configuration neither holds a run up nor forgets what it saw."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bulk_importer.checkpoint import Checkpoint, Header, SourceIdentity
from bulk_importer.errors import LabelConfigChanged, ServerUnavailable
from bulk_importer.labels.label_config import ClassType, LabelClass, LabelConfig
from bulk_importer.pipeline.guards import config_watch
from bulk_importer.pipeline.guards.config_watch import ConfigWatch, digest_of, kept_config
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.stop import StopSwitch

CARS = LabelConfig((LabelClass("car", ClassType.POLYGON),))
BOTH = LabelConfig((*CARS.roots, LabelClass("poi", ClassType.POINT)))


@pytest.fixture
async def checkpoint(tmp_path: Path) -> Checkpoint:
    """A checkpoint that was just begun."""
    header = Header(source="l.json", identity=SourceIdentity(), server="http://h", project="p", run="r")
    return Checkpoint.open(tmp_path / "cp", header)


def watch(checkpoint: Checkpoint, known: LabelConfig, *answers: LabelConfig | Exception) -> ConfigWatch:
    """A watch over a server that gives these answers, and then none any more."""
    left = list(answers)

    async def read() -> LabelConfig:
        if not left:
            await asyncio.Event().wait()
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ConfigWatch(read, known, checkpoint, poll_seconds=0.01)


async def test_additions_are_kept_and_losses_end_the_run(checkpoint: Checkpoint) -> None:
    """A loss is said once: the next reading is compared with what is kept then."""
    watching = watch(checkpoint, CARS, BOTH, ServerUnavailable("http://h", "it is gone"), CARS, CARS)
    await watching.begin()
    with pytest.raises(LabelConfigChanged, match="POINT 'poi' is gone"):
        await watching.run()
    kept = kept_config(checkpoint)
    assert kept is not None
    assert kept.config == CARS
    await watching.conclude()
    await checkpoint.close()


async def test_while_a_person_pauses_the_run_nothing_is_read(checkpoint: Checkpoint) -> None:
    """The server may be away for that; but the last look is due however a run ends."""
    asked = 0

    async def read() -> LabelConfig:
        nonlocal asked
        asked += 1
        return CARS

    steering = Steering(StopSwitch())
    watching = ConfigWatch(read, CARS, checkpoint, poll_seconds=0.001, steering=steering)
    await watching.begin()
    steering.pause()
    running = asyncio.create_task(watching.run())
    await asyncio.sleep(0.02)
    assert asked == 0
    await watching.conclude()
    assert asked == 1
    steering.resume()
    while asked == 1:
        await asyncio.sleep(0.001)
    running.cancel()
    await checkpoint.close()


async def test_what_is_kept_survives(checkpoint: Checkpoint, tmp_path: Path) -> None:
    """The next process compares with it."""
    await watch(checkpoint, BOTH).begin()
    await checkpoint.close()
    again = Checkpoint.open(tmp_path / "cp", checkpoint.header)
    with pytest.raises(LabelConfigChanged, match="Nothing was delivered since"):
        await watch(again, CARS).begin()
    await watch(again, CARS).begin()
    await again.close()


async def test_a_server_that_is_gone_does_not_hold_up_the_end(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is delivered; the last look is given up."""
    monkeypatch.setattr(config_watch, "_LAST_LOOK_SECONDS", 0.01)
    watching = watch(checkpoint, CARS)
    await watching.begin()
    await watching.conclude()
    await checkpoint.close()


def test_equal_configurations_have_equal_digests() -> None:
    """And others have not."""
    assert digest_of(CARS) == digest_of(LabelConfig((LabelClass("car", ClassType.POLYGON),)))
    assert digest_of(CARS) != digest_of(BOTH)

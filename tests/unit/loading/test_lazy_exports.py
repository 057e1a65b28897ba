"""Package doors name what they promise, and a process pays only for what it uses."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = [
    "bulk_importer",
    "bulk_importer.checkpoint",
    "bulk_importer.intake",
    "bulk_importer.observe",
    "bulk_importer.packing",
    "bulk_importer.pipeline",
    "bulk_importer.sandbox",
]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_door_opens_to_everything_that_it_names(package: str) -> None:
    door = importlib.import_module(package)
    assert door.__all__ == sorted(door.__all__)
    for name in door.__all__:
        made = getattr(door, name)
        if inspect.isclass(made) or inspect.isfunction(made):  # else it is another word for a type
            assert made.__module__.startswith(package)


def test_a_door_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match=r"module 'bulk_importer\.intake' has no attribute 'Intaek'"):
        importlib.import_module("bulk_importer.intake").Intaek  # noqa: B018 - asking for it is the test


def loaded_by(program: str, *arguments: str) -> set[str]:
    """The modules that a fresh interpreter holds after a program."""
    told = f"{program}\nimport sys; print(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", told, *arguments], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_a_program_that_only_imports_the_library_loads_nothing_heavy() -> None:
    loaded = loaded_by("import bulk_importer")
    assert not loaded & {"aiohttp", "asyncio", "msgspec", "orjson", "typing_extensions", "xxhash"}


def test_a_worker_process_does_not_load_the_event_loop() -> None:
    loaded = loaded_by("import bulk_importer.intake.workers.main")
    assert not loaded & {"asyncio", "ssl", "subprocess", "aiohttp", "ijson", "jsonschema_rs"}


def test_a_check_that_asks_no_server_does_not_load_the_http_client(tmp_path: Path) -> None:
    source = tmp_path / "labels.json"
    source.write_text('[{"internal_media_ID": "a", "labels": {}}]')
    program = "import sys; from bulk_importer.cli.main import main; assert main(sys.argv[1:]) == 0"
    settings = ["--label-config", "none", "--no-check-media", "--json"]
    loaded = loaded_by(program, "check", str(source), *settings)
    assert "asyncio" in loaded
    assert not loaded & {"aiohttp", "tenacity"}
    assert "jsonschema_rs" not in loaded, "nothing in it needs more than the fast accept"

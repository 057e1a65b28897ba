"""Writes what schedulers are told of our exit codes into the files of this folder that hold it.

    python config/exit_codes.py

Each such file has a block between two marks; what is between them is made of `ExitCode`, so that a manifest, a unit and
a script agree with the program. A test compares. Kubernetes knows no code 0 in such a rule: it is the only success.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from bulk_importer.errors import ExitCode

__all__ = ["FILES", "renewed"]

_HERE = Path(__file__).parent
_BEGIN = "exit codes: written by config/exit_codes.py"
_END = "exit codes: end"
_BLOCK = re.compile(rf"( *)# {re.escape(_BEGIN)}\n.*?# {re.escape(_END)}\n", re.DOTALL)

_OF_ALL = (ExitCode.USAGE, ExitCode.LABEL_CONFIG)
"""What one worker of a fleet ends with for a reason that all of them share: the flags, the project."""


def _codes(*, again: bool) -> list[int]:
    """The codes, but for success, after which the same command may run again by itself; or may not."""
    return [int(code) for code in ExitCode if code and code.may_run_again is again]


def _rule(action: str, codes: list[int], why: str) -> list[str]:
    return [
        f"# {why}",
        f"- action: {action}",
        "  onExitCodes:",
        "    containerName: bulk-importer",
        "    operator: In",
        f"    values: {codes}",
    ]


def _of_an_index() -> list[str]:
    """Rules of a Job with an index for each shard."""
    shared = [int(code) for code in _OF_ALL]
    alone = [code for code in _codes(again=False) if code not in shared]
    return [
        *_rule("FailJob", shared, "What holds for every shard: the flags, the label configuration."),
        *_rule("FailIndex", alone, "What a person has to look at, of this shard alone."),
        *_rule(
            "Count",
            _codes(again=True),
            "What may end better by itself: so often as backoffLimitPerIndex says.",
        ),
    ]


def _of_one() -> list[str]:
    """Rules of a Job with one pod."""
    return [
        *_rule("FailJob", _codes(again=False), "What a person has to look at."),
        *_rule("Count", _codes(again=True), "What may end better by itself: so often as backoffLimit says."),
    ]


def _of_a_unit() -> list[str]:
    """What systemd starts again, with `Restart=on-failure`; a stop that was asked for is no failure."""
    stopped = (ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED)
    return [
        f"RestartPreventExitStatus={' '.join(map(str, _codes(again=False)))}",
        f"SuccessExitStatus={' '.join(str(int(code)) for code in stopped)}",
    ]


def _of_a_script() -> list[str]:
    return [f'again=" {" ".join(map(str, _codes(again=True)))} "']


FILES: Mapping[str, Callable[[], list[str]]] = {
    "kubernetes/volume/plan.yaml": _of_one,
    "kubernetes/volume/work.yaml": _of_an_index,
    "kubernetes/volume/gather.yaml": _of_one,
    "slurm/work.sh": _of_a_script,
    "systemd/bulk-importer@.service": _of_a_unit,
    "systemd/bulk-importer-work@.service": _of_a_unit,
}
"""The files with such a block, by their path here, and the lines between its marks."""


def renewed(name: str) -> str:
    """What the file `name` should hold.

    Raises:
        ValueError: there is no block in it, or more than one.
    """

    def block(found: re.Match[str]) -> str:
        lines = [f"# {_BEGIN}", *FILES[name](), f"# {_END}"]
        return "".join(f"{found[1]}{line}\n" for line in lines)

    text, count = _BLOCK.subn(block, (_HERE / name).read_text("utf-8"))
    if count != 1:
        raise ValueError(f"{name} has {count} blocks of exit codes, and should have one.")
    return text


def main() -> None:
    """Write each file anew."""
    for name in FILES:
        (_HERE / name).write_text(renewed(name), "utf-8")


if __name__ == "__main__":
    main()

"""The options and examples that `--help` shows of each command. `--help-all` shows the other options."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMMAND_HELP", "CommandHelp"]


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """The options and examples of one command that a person needs first.

    Attributes:
        options: flags, in the order in which they are shown; all that are the command's own where there are none.
        examples: command lines without `bulk-importer`, or with what stands before it.
    """

    options: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


_SERVER = ("--server", "--project", "--token-file")
_LOOK_UP = ("--server", "--token-file", "--config", "--json", "--csv")
_AT = "--server https://gym.test"

COMMAND_HELP = {
    "demo": CommandHelp(
        ("--entries", "--folder", "--page"), ("demo", "demo --page", "demo --entries 1000 --folder try")
    ),
    "import": CommandHelp(
        (
            *_SERVER,
            "--label-config",
            "--media-by",
            "--dry-run",
            "--limit",
            "--max-errors",
            "--checkpoint",
            "--config",
        ),
        (
            f"import labels.json {_AT} --project streets",
            "import 'day-*.jsonl.gz' --config overnight.toml --json",
            "zstdcat labels.zst | bulk-importer import - --checkpoint streets.run",
        ),
    ),
    "check": CommandHelp(
        (
            *_SERVER,
            "--label-config",
            "--media-by",
            "--media-list",
            "--sample",
            "--findings",
            "--config",
            "--json",
        ),
        (
            f"check labels.json {_AT} --project streets",
            "check labels.json --label-config classes.json --findings found",
            "check 'day-*.jsonl.gz' --label-config none --sample 1000",
        ),
    ),
    "convert": CommandHelp(
        (
            "--output",
            "--from",
            "--class-map",
            "--images",
            "--media-list",
            *_SERVER,
            "--findings",
        ),
        (
            "convert annotations.json --output labels.json.zst",
            "convert yolo --images pictures --output labels.json",
        ),
    ),
    "formats": CommandHelp(
        (*_SERVER, "--from", "--json"),
        ("formats", "formats coco", "formats propose coco.json --config gym.toml > classes.toml"),
    ),
    "plan": CommandHelp(
        (
            *_SERVER,
            "--shards",
            "--at-once",
            "--max-in-flight",
            "--output",
            "--config",
            "--json",
        ),
        (
            f"plan h.json {_AT} --project p --output plan",
            "plan huge.json --shards 64 --config gym.toml --output huge.plan",
        ),
    ),
    "serve": CommandHelp(
        (*_SERVER, "--page", "--spool", "--max-upload", "--class-map", "--config"),
        (f"serve {_AT} --project streets", "serve --config gym.toml --page 8080 --max-upload 2GiB"),
    ),
    "backup": CommandHelp(
        (*_SERVER, "--output", "--media-list", "--max-reads", "--config", "--json"),
        (
            f"backup {_AT} --project cars --output c.zst",
            "backup --config gym.toml --media-list day.csv --output day.zst",
        ),
    ),
    "migrate": CommandHelp(
        (
            "--from-server",
            "--from-project",
            "--from-token-file",
            *_SERVER,
            "--class-map",
            "--create-classes",
            "--states",
            "--complete",
            "--checkpoint",
            "--dry-run",
            "--yes",
        ),
        (f"migrate --from-project a {_AT} --project b",),
    ),
    "gather": CommandHelp(
        ("--output", "--report", "--images", "--json"),
        ("gather huge.plan", "gather huge.plan --output night --json"),
    ),
    "status": CommandHelp(
        ("--watch", "--page", "--json"),
        (
            "status labels.json.checkpoint",
            "status labels.json.checkpoint --watch",
            "status labels.json.checkpoint --page",
            "status huge.plan --watch",
        ),
    ),
    "report": CommandHelp(
        ("--output", "--json"),
        (
            "report labels.json.checkpoint",
            "report runs/* --output all.html",
        ),
    ),
    "control": CommandHelp(
        (
            "--max-in-flight",
            "--max-requests-per-second",
            "--max-entries-per-second",
            "--max-bytes-per-second",
            "--none",
            "--json",
        ),
        (
            "control labels.json.checkpoint pause",
            "control labels.json.checkpoint limit --max-in-flight 2",
            "control labels.json.checkpoint limit --none",
        ),
    ),
    "verify": CommandHelp(
        ("--against-server", "--sample", "--repair", "--token-file", "--config", "--json"),
        (
            "verify labels.json.checkpoint labels.json",
            "verify labels.json.checkpoint labels.json --against-server",
            "verify streets.backup --against-server",
        ),
    ),
    "retry": CommandHelp(
        (
            "--out-of-order",
            "--token-file",
            "--label-config",
            "--max-in-flight",
            "--config",
            "--json",
        ),
        (
            "retry labels.json.checkpoint",
            "retry labels.json.checkpoint corrected.jsonl",
            "retry huge.plan corrected.jsonl",
        ),
    ),
    "undo": CommandHelp(
        ("--dry-run", "--force", "--source", "--yes", "--token-file", "--config", "--json"),
        (
            "undo labels.json.checkpoint --dry-run",
            "undo labels.json.checkpoint",
            "undo huge.plan --dry-run",
        ),
    ),
    "work": CommandHelp(
        (
            "--index",
            "--rejections-exit",
            "--result",
            "--lease",
            "--turn-wait",
            "--token-file",
            "--json",
        ),
        (
            "work huge.plan --index 17",
            "work /shared/huge.plan --rejections-exit 0",
        ),
    ),
    "resolve": CommandHelp(
        ("--delivered", "--not-delivered", "--batch", "--json"),
        (
            "resolve labels.json.checkpoint --delivered",
            "resolve labels.json.checkpoint --not-delivered --batch 17",
        ),
    ),
    "complete": CommandHelp(
        ("--skip", "--dry-run", "--yes", "--whatever-state", "--token-file", "--config", "--json"),
        (
            "complete labels.json.checkpoint --dry-run",
            "complete labels.json.checkpoint",
            "complete labels.json.checkpoint --skip --yes",
        ),
    ),
    "projects": CommandHelp(_LOOK_UP, (f"projects {_AT}", f"projects {_AT} --csv")),
    "datasets": CommandHelp(
        ("--server", "--project", *_LOOK_UP[1:]), (f"datasets {_AT}", f"datasets {_AT} --project streets")
    ),
    "media": CommandHelp(
        ("--server", "--project", "--dataset", *_LOOK_UP[1:]),
        (f"media {_AT} --project streets", f"media {_AT} --dataset 2026-10 --csv"),
    ),
    "label-config": CommandHelp(
        ("--server", "--project", "--against", "--class-map", "--create-classes", "--json"),
        (
            f"label-config {_AT} --project streets",
            "label-config --project streets --json > streets.json",
            "label-config --project roads --against streets.json",
        ),
    ),
    "doctor": CommandHelp(
        (*_SERVER, "--ca-file", "--header", "--config", "--json"), (f"doctor {_AT} --project streets",)
    ),
    "explain": CommandHelp(examples=("explain", "explain class-unknown", "explain 5")),
    "sandbox": CommandHelp(
        (
            "--port",
            "--project",
            "--media",
            "--label-config",
            "--database",
            "--token",
            "--faults",
            "--cost-model",
            "--json",
        ),
        (
            "sandbox --project streets --media 1000",
            "sandbox --project streets --database streets.sqlite",
            "sandbox --faults night.toml --cost-model measured --token secret",
        ),
    ),
    "settings": CommandHelp(
        ("--config", "--example", "--schema", "--json"),
        (
            "settings",
            "settings --example overnight > overnight.toml",
            "settings --config overnight.toml --max-in-flight 2",
        ),
    ),
    "completion": CommandHelp(examples=("completion bash", "completion zsh", "completion fish")),
    "help": CommandHelp(examples=("help", "help settings", "help import")),
}

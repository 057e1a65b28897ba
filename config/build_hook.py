"""What a wheel holds besides the package: completion scripts, man pages, and the example settings files.

They are made of the parser when the wheel is built, so none of them can be out of date. An editable installation needs
none of it: the checkout is at hand.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SHARED = {
    "bash": "share/bash-completion/completions/bulk-importer",
    "zsh": "share/zsh/site-functions/_bulk-importer",
    "fish": "share/fish/vendor_completions.d/bulk-importer.fish",
}


class CarryAlong(BuildHookInterface[Any]):
    """Called by hatchling for each wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files, and say where in the wheel each of them goes."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from bulk_importer.cli.help.shell_files import completion_script, man_pages

        made = Path(self._made.name)
        for shell, place in _SHARED.items():
            path = made / shell
            path.write_text(completion_script(shell), "utf-8")
            build_data["force_include"][str(path)] = f"bulk_importer/cli/help/completions/{shell}"
            build_data["shared_data"][str(path)] = place
        for name, text in man_pages(self.metadata.version).items():
            (made / name).write_text(text, "utf-8")
            build_data["shared_data"][str(made / name)] = f"share/man/man1/{name}"
        for path in Path(self.root, "config").glob("*.toml"):
            build_data["force_include"][str(path)] = f"bulk_importer/examples/{path.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - the interface
        """Remove what was made."""
        self._made.cleanup()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._made = tempfile.TemporaryDirectory(prefix="bulk-importer-build-")

"""What is shown to be typed at a terminal has the settings that the browser's import had."""

from __future__ import annotations

from bulk_importer.cli.serving.command_line import Commands
from bulk_importer.settings import Loaded, Settings, definitions


def test_each_command_is_given_what_reaches_the_server_and_only_an_import_what_is_about_its_source() -> None:
    """In the folder that names of files begin at."""
    settings = Settings(
        server="http://gym.test", project="p", token_file="tok", max_in_flight=3, media_by="name", page="0"
    )
    said = ("server", "project", "token_file", "max_in_flight", "media_by", "page")
    origins = {each.name: f"flag --{each.name}" if each.name in said else "default" for each in definitions()}
    commands = Commands(Loaded(settings, origins), "/the folder")
    begin = "cd '/the folder' && bulk-importer"
    reach = "--config none --token-file tok"
    assert commands.import_("a b.json", "c").startswith(
        f"{begin} import 'a b.json' --checkpoint c --server http://gym.test --project p {reach}"
    )
    assert "--media-by name" in commands.import_("a", "c")
    assert commands.retry("c") == f"{begin} retry c CORRECTED.jsonl {reach} --max-in-flight 3"
    assert commands.undo("c") == f"{begin} undo c {reach} --max-in-flight 3"

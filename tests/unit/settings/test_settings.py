"""Settings come from one definition, and whoever says something unknown is told what was probably meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import UsageError
from bulk_importer.settings import Definition, Settings, definitions, did_you_mean, load
from bulk_importer.settings.units import (
    BUDGET,
    CODES,
    COUNT,
    DURATION,
    HEADERS,
    RATE,
    SHARE,
    SIZE,
    SWITCH,
    Kind,
)
from support.places import CONFIG


def write(folder: Path, text: str) -> Path:
    """A settings file."""
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def test_a_flag_wins_over_a_variable_and_that_over_a_file_and_that_over_the_default(tmp_path: Path) -> None:
    """And each value knows where it came from."""
    file = write(tmp_path, 'max_in_flight = 2\npool_bytes = "1MiB"\ngrace = "1m"\n')
    environment = {"BULK_IMPORTER_POOL_BYTES": "2MiB", "BULK_IMPORTER_GRACE": "2m", "PATH": "/bin"}
    loaded = load({"grace": "3m"}, environment, file)
    assert (loaded.settings.max_in_flight, loaded.origins["max_in_flight"]) == (2, f"file {file}")
    assert (loaded.settings.pool_bytes, loaded.origins["pool_bytes"]) == (
        2 << 20,
        "variable BULK_IMPORTER_POOL_BYTES",
    )
    assert (loaded.settings.grace, loaded.origins["grace"]) == (180.0, "flag --grace")
    assert (loaded.settings.connect_timeout, loaded.origins["connect_timeout"]) == (10.0, "default")


def test_a_variable_that_was_probably_meant_as_a_setting_is_named_with_the_nearest() -> None:
    """A misspelt variable would otherwise be a setting that silently does nothing."""
    loaded = load({}, {"BULK_IMPORTER_MAX_IN_FLIHGT": "4"})
    assert loaded.settings == Settings()
    [slip] = loaded.slips
    assert "BULK_IMPORTER_MAX_IN_FLIHGT is not a setting, and is ignored." in slip
    assert slip.endswith("Did you mean BULK_IMPORTER_MAX_IN_FLIGHT?")


def test_the_variables_that_kubernetes_makes_for_a_service_of_our_name_are_passed_over() -> None:
    """All that it injects for `bulk-importer` with a port 8080, and for a service `bulk-importer-server` beside it."""
    port = {"": "tcp://10.0.0.1:8080", "_8080_TCP": "tcp://10.0.0.1:8080", "_8080_TCP_PROTO": "tcp"}
    port |= {"_8080_TCP_PORT": "8080", "_8080_TCP_ADDR": "10.0.0.1"}
    environment: dict[str, str] = {}
    for service in ("BULK_IMPORTER", "BULK_IMPORTER_SERVER"):
        environment |= {f"{service}_PORT{end}": value for end, value in port.items()}
        environment |= {
            f"{service}_SERVICE_{end}": "x" for end in ("HOST", "PORT", "PORT_HTTP", "PORT_METRICS")
        }
    loaded = load({}, environment)
    assert (loaded.settings, loaded.slips) == (Settings(), ())


def test_a_variable_that_is_empty_is_not_set(tmp_path: Path) -> None:
    """As a compose file makes it of one that is missing; the file says what counts then."""
    loaded = load(
        {}, {"BULK_IMPORTER_GRACE": "", "BULK_IMPORTER_SERVER": ""}, write(tmp_path, 'grace = "1m"')
    )
    assert (loaded.settings.grace, loaded.settings.server) == (60.0, None)


@pytest.mark.parametrize(
    ("name", "names", "meant"),
    [
        ("imprt", ["import", "status"], " Did you mean import?"),
        ("--grce", ["--grace", "--workers"], " Did you mean --grace?"),
        ("--token", ["--token-file", "--token-in-query"], " Did you mean --token-file or --token-in-query?"),
        ("--dry-run", ["--retry-share", "--retry-wait"], ""),
        ("--max", [f"--max-{each}" for each in ("errors", "depth", "listing", "outage")], ""),
        ("BULK_IMPORTER_PORT", ["BULK_IMPORTER_PATH", "BULK_IMPORTER_PROJECT"], ""),
    ],
)
def test_only_what_is_close_is_suggested(name: str, names: list[str], meant: str) -> None:
    """A suggestion that is not close sends a person in a wrong direction."""
    assert did_you_mean(name, names) == meant


def test_a_program_that_gives_a_value_of_another_type_hears_which_is_wanted() -> None:
    """In the words of a program: a number of seconds, not '10m'."""
    with pytest.raises(UsageError, match="grace: '10m' must be a number of seconds"):
        Settings(grace="10m")  # type: ignore[arg-type]  # what a program may do


def test_an_unknown_key_of_a_file_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    """The file is named, too."""
    with pytest.raises(
        UsageError, match=r"settings.toml: max_inflight is not a setting. Did you mean max_in_flight\?"
    ):
        load({}, {}, write(tmp_path, "max_inflight = 4"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_in_flight = 0", "0 is below 1"),
        ('grace = "soon"', "is not a duration"),
        ("grace = ", "is not TOML"),
    ],
)
def test_a_value_that_cannot_be_meant_is_an_error_that_says_why(tmp_path: Path, text: str, said: str) -> None:
    """With the place where it stands."""
    path = write(tmp_path, text)
    with pytest.raises(UsageError, match=said) as raised:
        load({}, {}, path)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Not a silent default."""
    with pytest.raises(UsageError, match="cannot be read"):
        load({}, {}, tmp_path / "nowhere.toml")


def test_a_program_is_held_to_the_same_bounds() -> None:
    """`Settings` checks itself, however it is made."""
    with pytest.raises(UsageError, match="max_in_flight: 0 is below 1"):
        Settings(max_in_flight=0)


def test_what_may_be_a_secret_is_not_in_what_a_program_prints_of_its_settings() -> None:
    """A debugger or a log shows the whole object."""
    assert "s3cret" not in repr(Settings(header=("X-Key: s3cret",)))


@pytest.mark.parametrize("each", definitions(), ids=lambda each: each.name)
def test_every_setting_is_whole(each: Definition) -> None:
    """It has help, a default within its bounds, and a default that is shown in a form that is read back."""
    assert each.help
    assert not each.help.endswith(".")
    if each.default is not None:
        assert each.read(each.kind.show(each.default), "test") == each.default


@pytest.mark.parametrize("name", ["overnight", "container"])
def test_the_example_files_are_settings(name: str) -> None:
    """They load, each line of them says something other than the default, and each is explained."""
    path = CONFIG / f"{name}.toml"
    loaded = load({}, {}, path)
    said = [key for key, origin in loaded.origins.items() if origin == f"file {path}"]
    assert said
    defaults = Settings()
    assert not [key for key in said if getattr(loaded.settings, key) == getattr(defaults, key)]
    lines = path.read_text().splitlines()
    assert all(
        lines[at - 1].startswith("#") for at, line in enumerate(lines) if line and not line.startswith("#")
    )


def test_who_watches_nobody_waits_for_a_server_that_is_not_there_yet() -> None:
    """A night through, or until what is started beside it is up; a person is told in seconds."""
    examples = {name: load({}, {}, CONFIG / f"{name}.toml").settings for name in ("overnight", "container")}
    assert Settings().wait_for_server <= 15
    assert examples["overnight"].wait_for_server == examples["overnight"].max_outage
    assert 60 <= examples["container"].wait_for_server <= examples["container"].max_outage


def test_quantities_are_read_with_their_units() -> None:
    """As the manual writes them."""
    assert [DURATION.read(text) for text in ("90", "90s", "10m", "8h", "250ms")] == [
        90,
        90,
        600,
        28_800,
        0.25,
    ]
    assert [SIZE.read(text) for text in ("4MiB", "500kB", "17")] == [4 << 20, 500_000, 17]
    assert SWITCH.read("yes") is True
    assert CODES.read("a, b") == CODES.read(["a,b"]) == CODES.read(["a", "b"]) == ("a", "b")
    assert SHARE.read("20%") == SHARE.read(0.2) == 0.2
    assert HEADERS.read("X-A: 1, 2\n@file") == HEADERS.read(["X-A: 1, 2", "@file"]) == ("X-A: 1, 2", "@file")
    assert BUDGET.read("5%").is_exceeded(51, 1000)
    assert not BUDGET.read("5%").is_exceeded(50, 1000)
    assert not BUDGET.read("5%").is_exceeded(999, 999), "the sample is too small to judge by"
    assert BUDGET.read("0").is_exceeded(1, 1)
    assert not BUDGET.read("none").is_exceeded(10, 10)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (DURATION, "ten"),
        (SIZE, "4MB/s"),
        (SIZE, "1.5"),
        (COUNT, "1.0"),
        (COUNT, "-1"),
        (BUDGET, "101%"),
        (SHARE, "101%"),
        (SHARE, "20"),
        (HEADERS, "X-A"),
        (RATE, "0"),
    ],
)
def test_what_is_no_quantity_is_refused(kind: Kind, text: str) -> None:
    """With the reason."""
    with pytest.raises(ValueError, match=r"\w+"):
        kind.read(text)


@given(st.integers(0, 1 << 50))
def test_a_size_is_shown_in_a_form_that_is_read_back(size: int) -> None:
    """Exactly."""
    assert SIZE.read(SIZE.show(size)) == size


@given(st.floats(0, 1e7))
def test_a_duration_is_shown_in_a_form_that_is_read_back(seconds: float) -> None:
    """To the millisecond."""
    assert DURATION.read(DURATION.show(round(seconds, 3))) == round(seconds, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_errors", "5%"),
        ("max_errors", None),
        ("server", 5),
        ("project", 5),
        ("checkpoint", 5),
        ("strict", "yes"),
        ("max_in_flight", True),
        ("max_in_flight", 2.5),
        ("header", "X-A: 1"),
        ("allow", (5,)),
    ],
)
def test_a_value_of_another_type_is_refused_at_once(name: str, value: Any) -> None:
    """By its name, and with what it should be; and not when the run is half-way."""
    with pytest.raises(UsageError, match=rf"^{name}: .* must be (a|an|True) "):
        Settings(**{name: value})


@pytest.mark.parametrize("name", ["server", "ping", "images"])
@pytest.mark.parametrize("url", ["http://[::1", "http://h:99999/x", "http://h:abc/x", "http://h:0/x"])
def test_a_url_without_an_address_is_refused_where_it_is_read(name: str, url: str) -> None:
    """Not by whatever takes it apart first."""
    with pytest.raises(UsageError, match=r"its address is HOST, HOST:PORT, or \[IPV6\]:PORT"):
        load({name: url}, {})
    assert getattr(load({name: "http://[::1]:8080/x"}, {}).settings, name) == "http://[::1]:8080/x"

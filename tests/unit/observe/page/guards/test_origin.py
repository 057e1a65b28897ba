"""A request is answered where it names this server, and a page of this server, or a person, asked for it."""

from __future__ import annotations

from typing import Any

import pytest

from bulk_importer.observe.page.guards.origin import Asked, Site, is_loopback

HERE = Site.at("127.0.0.1", 4711)
OURS = "http://127.0.0.1:4711"


def status_of(site: Site = HERE, **said: Any) -> int:
    """What a request is refused with; 200 where it is not."""
    asked = {"method": "GET", "target": "/", "hosts": ["127.0.0.1:4711"], **said}
    refusal = site.refusal(Asked(**asked))
    return 200 if refusal is None else refusal.status


@pytest.mark.parametrize("host", ["127.0.0.1:4711", "localhost:4711", "LOCALHOST:4711"])
def test_it_is_called_by_its_address_and_as_localhost(host: str) -> None:
    """Both mean this machine to every browser."""
    assert status_of(hosts=[host]) == 200


@pytest.mark.parametrize(
    "hosts",
    [
        ["evil.example:4711"],
        ["evil.example"],
        ["127.0.0.1"],
        ["127.0.0.1:80"],
        ["127.0.0.1:4711.evil.example"],
        ["localhost.evil.example:4711"],
        ["evil.example:4711@127.0.0.1:4711"],
        ["[::1]:4711"],
        ["10.0.0.7:4711"],
        [""],
        [],
        ["127.0.0.1:4711", "evil.example"],
    ],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(hosts: list[str]) -> None:
    """And so is every other name, and two of them."""
    assert status_of(hosts=hosts) == 421
    assert status_of(method="POST", hosts=hosts, origins=[OURS], fetch_site="same-origin") == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_changes_something_comes_from_a_page_of_this_server(method: str) -> None:
    """As a browser says in either header."""
    assert status_of(method=method, origins=[OURS]) == 200
    assert status_of(method=method, fetch_site="same-origin") == 200
    assert status_of(method=method, origins=[OURS], fetch_site="same-origin") == 200
    assert status_of(method=method, origins=["null"], fetch_site="same-origin") == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"origins": ["http://evil.example"]},
        {"origins": ["null"]},
        {"origins": ["http://127.0.0.1:4712"]},
        {"origins": ["https://127.0.0.1:4711"]},
        {"origins": ["http://localhost:4711"]},
        {"origins": [OURS, "http://evil.example"]},
        {"origins": [OURS], "fetch_site": "cross-site"},
        {"origins": [OURS], "fetch_site": "same-site"},
        {"origins": [OURS], "fetch_site": "none"},
        {"origins": ["http://evil.example"], "fetch_site": "same-origin"},
        {"fetch_site": "none"},
        {"fetch_site": "cross-site"},
    ],
)
def test_what_changes_something_and_comes_from_elsewhere_is_refused(
    method: str, said: dict[str, Any]
) -> None:
    """Or from nobody knows where: what says nothing has not shown that it comes from here."""
    assert status_of(method=method, **said) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_others_read_nothing(site: str) -> None:
    """Neither as a picture, a script, nor a frame; a person may follow a link."""
    assert status_of(fetch_site=site, fetch_mode="no-cors", fetch_dest="image") == 403
    assert status_of(fetch_site=site, fetch_mode="cors", fetch_dest="empty") == 403
    assert status_of(fetch_site=site, fetch_mode="navigate", fetch_dest="iframe") == 403
    assert status_of(fetch_site=site, fetch_mode="navigate", fetch_dest="document") == 200


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "CONNECT", "PROPFIND", "get", ""])
def test_other_methods_are_refused(method: str) -> None:
    """No page has a use for them here."""
    assert status_of(method=method, origins=[OURS], fetch_site="same-origin") == 405


@pytest.mark.parametrize("target", ["http://evil.example/", "evil.example:443", "*", ""])
def test_a_target_is_a_path(target: str) -> None:
    """A proxy's form would name another server than `Host` does."""
    assert status_of(target=target) == 400


def test_where_others_reach_it_it_is_called_by_addresses_and_its_own_names() -> None:
    """Nobody can have an address rebound; behind a network that translates it does not know its own."""
    site = Site.at("0.0.0.0", 443, scheme="https", names=["Import.Example", "importer"])
    assert site.root == "https://import.example:443"
    for host in ("import.example", "importer:443", "203.0.113.7", "[2001:db8::7]:443"):
        assert status_of(site, hosts=[host]) == 200
    for host in ("evil.example", "203.0.113.7:80", "2001:db8::7", "[203.0.113.7]", "localhost"):
        assert status_of(site, hosts=[host]) == 421
    assert status_of(site, method="POST", hosts=["importer"], origins=["https://importer"]) == 200


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("[::1]", True),
        ("Localhost", True),
        ("0.0.0.0", False),
        ("[::]", False),
        ("192.0.2.1", False),
        ("localhost.example", False),
    ],
)
def test_what_only_this_machine_reaches_is_told_from_what_others_do(host: str, is_here: bool) -> None:
    """A name is not looked up: it may mean another address to whoever asks next."""
    assert is_loopback(host) is is_here

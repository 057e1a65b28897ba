"""The address of an image is on the server that a person named, whatever media are called."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bulk_importer.media.images.address import ImageAddress, is_address

PATTERNS = [
    "https://images.example",
    "https://images.example:8443/a/",
    "https://images.example/{id}/{name}",
    "http://[::1]:80/x?media={id}&as={name}",
]


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        ("https://images.example", "https://images.example/cam/a%20b.jpg"),
        ("https://images.example/all/", "https://images.example/all/cam/a%20b.jpg"),
        ("https://images.example/{id}.png", "https://images.example/7f.png"),
        (
            "https://images.example/of?media={id}&as={name}",
            "https://images.example/of?media=7f&as=cam/a%20b.jpg",
        ),
    ],
)
def test_ids_and_names_are_filled_in(pattern: str, address: str) -> None:
    """Or the name is put behind a pattern that asks for neither."""
    assert ImageAddress.of(pattern).of_media("7f", "cam/a b.jpg") == address


def test_without_a_name_the_id_is_put_behind() -> None:
    """And where a pattern asks for what is not known there is no address."""
    assert ImageAddress.of("https://images.example").of_media("7f", None) == "https://images.example/7f"
    assert ImageAddress.of("https://images.example/{name}").of_media("7f", None) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "images",
        "ftp://images.example/",
        "https://",
        "https://user:secret@images.example/",
        "https://{id}.example/",
        "https://images.example/{other}",
        "https://images.example/{",
        "https://images.example/#a",
        'https://images.example/"',
        "https://images.example/;'",
        "https://images.example/a b",
        "https://[::1/",
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(text: str) -> None:
    """Nothing but the path and the query depends on a media."""
    with pytest.raises(ValueError, match=r"address|filled in"):
        ImageAddress.of(text)


@given(some.sampled_from(PATTERNS), *[some.none() | some.text(some.characters(codec=None))] * 2)
def test_no_media_leads_to_another_server(pattern: str, media_id: str | None, name: str | None) -> None:
    """Nor up to another folder of it."""
    addresses = ImageAddress.of(pattern)
    address = addresses.of_media(media_id, name)
    if address is not None:
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}" == addresses.origin
        assert ".." not in parts.path.split("/")
        assert address.isascii()
        assert not set(address) & set("\"'<> ")


def test_a_folder_is_no_address() -> None:
    """Whatever it is called."""
    assert is_address("HTTPS://images.example")
    assert not is_address("images/https")

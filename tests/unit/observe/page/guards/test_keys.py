"""A code lets in once and not for long, a token as often as it is right, and all of it is bounded."""

from __future__ import annotations

from itertools import count

from bulk_importer.observe.page.guards.keys import CODE_SECONDS, Keys


def keys(token: str | None = None) -> Keys:
    """With texts that are told apart."""
    numbers = count(1)
    return Keys(lambda: f"text-{next(numbers)}", token)


def test_a_code_is_exchanged_once() -> None:
    """Whoever finds it in a history, or in the log of a proxy, gets nothing for it."""
    ours = keys()
    code = ours.code(0.0)
    session = ours.exchange(code, 1.0)
    assert session is not None
    assert ours.is_known(session)
    assert ours.exchange(code, 1.0) is None
    assert not ours.is_known(code)


def test_a_code_is_good_for_ten_minutes() -> None:
    """It is not there any more after it was tried too late."""
    ours = keys()
    assert ours.exchange(ours.code(0.0), CODE_SECONDS - 1) is not None
    late = ours.code(0.0)
    assert ours.exchange(late, CODE_SECONDS) is None
    assert ours.exchange(late, 1.0) is None


def test_what_is_no_code_lets_nobody_in() -> None:
    """Nor what is no text of ASCII, nor nothing."""
    ours = keys("a token of twenty signs")
    ours.code(0.0)
    for wrong in ("", "text-2", "text-1 ", "t\u00e4xt-1", "\udcff", "a token of twenty signs"):
        assert ours.exchange(wrong, 1.0) is None
        assert not ours.is_known(wrong)


def test_only_the_latest_codes_and_sessions_are_kept() -> None:
    """Whoever asks again and again fills nothing."""
    ours = keys()
    first = ours.code(0.0)
    session = ours.exchange(ours.code(0.0), 0.0)
    assert session is not None
    for _ in range(100):
        ours.exchange(ours.code(0.0), 0.0)
        ours.code(0.0)
    assert ours.exchange(first, 0.0) is None
    assert not ours.is_known(session)


def test_the_token_lets_in_again_and_again_and_nothing_else_does() -> None:
    """Where there is none, nothing is it."""
    ours = keys("a token of twenty signs")
    for _ in range(2):
        session = ours.sign_in("a token of twenty signs")
        assert session is not None
        assert ours.is_known(session)
    assert ours.sign_in("a token of twenty sign") is None
    assert keys().sign_in("") is None


def test_a_token_may_be_tried_five_times_and_then_now_and_then() -> None:
    """By each sender for himself, so that one cannot keep others out."""
    ours = keys("a token of twenty signs")
    assert [ours.may_type("a", 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert ours.may_type("b", 0.0)
    assert not ours.may_type("a", 9.0)
    assert ours.may_type("a", 11.0)
    assert not ours.may_type("a", 11.0)


def test_links_are_printed_now_and_then() -> None:
    """A terminal cannot be flooded by whoever asks for them."""
    ours = keys()
    assert [ours.may_print(0.0) for _ in range(4)] == [True, True, True, False]
    assert ours.may_print(21.0)

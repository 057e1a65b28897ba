"""Which form a request asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.observe.metrics.accepting import accepts_gzip, wants_openmetrics

OPENMETRICS = "application/openmetrics-text"
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        (PROMETHEUS_2, True),
        (PROMETHEUS_3, True),
        (OPENMETRICS, True),
        (f'{OPENMETRICS}; version="1.0.0"; charset=utf-8', True),
        (f'{OPENMETRICS};version="1.0', False),
        (f"{OPENMETRICS};version=2.0.0,text/plain", False),
        (f"{OPENMETRICS};q=0.2,text/plain;q=0.9", False),
        (f"text/plain;q=0.2,{OPENMETRICS};q=0.9", True),
        (f"text/plain,{OPENMETRICS}", False),
        (f"{OPENMETRICS};q=0", False),
        (f"{OPENMETRICS};q=nonsense", False),
        (f'text/html;x="a,{OPENMETRICS}"', False),
        ("application/json", False),
    ],
)
def test_the_format_is_the_one_of_the_highest_weight(accept: str, wanted: bool) -> None:
    """What nobody writes is passed over, and what nobody understands gets the text format."""
    assert wants_openmetrics(accept) is wanted


@pytest.mark.parametrize(
    ("header", "packed"),
    [
        ("", False),
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0, *", False),
        ("*", True),
        ("identity", False),
    ],
)
def test_an_answer_is_packed_where_that_is_accepted(header: str, packed: bool) -> None:
    """And not where the weight is zero."""
    assert accepts_gzip(header) is packed


@given(st.text(alphabet='abcq=;,"\\ */.01', max_size=60))
def test_no_header_is_too_odd(header: str) -> None:
    """Whatever a stranger sends has an answer."""
    wants_openmetrics(header)
    accepts_gzip(header)

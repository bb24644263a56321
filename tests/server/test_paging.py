"""Pages of lists: where one ends, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.server.errors import UnusableError
from tinsmith.server.paging import after_count, after_number, cut, encode_cursor


@dataclass(frozen=True)
class Row:
    id: int
    number: int


@given(count=st.integers(0, 30), limit=st.integers(1, 12))
def test_pages_put_together_are_the_whole_list(count: int, limit: int) -> None:
    rows = [Row(id=10 + index, number=-index) for index in range(count)]
    seen: list[Row] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        after = after_number(cursor)
        found = [row for row in rows if after is None or row.id > after]
        page, cursor = cut(found[: limit + 1], limit)
        assert len(page) <= limit
        seen.extend(page)
        pages += 1
    assert seen == rows
    assert pages == max(1, -(-count // limit))


def test_a_page_continues_after_what_its_list_is_ordered_by() -> None:
    rows = [Row(id=1, number=9), Row(id=2, number=5)]
    _, cursor = cut(rows, 1, key=attrgetter("number"))
    assert after_number(cursor) == 9


def test_a_list_begins_without_a_cursor() -> None:
    assert after_number(None) is None
    assert after_count(None) == 0
    assert after_count(encode_cursor(-3)) == 0


@pytest.mark.parametrize("cursor", ["x", encode_cursor("text"), encode_cursor(1, 2)])
def test_the_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(UnusableError):
        after_number(cursor)

"""Work ahead of what is taken: in order, bounded, and with its errors."""

from __future__ import annotations

import threading
from itertools import count, islice

import pytest

from tinsmith.core.ahead import map_ahead


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_results_come_in_order(threads: int) -> None:
    assert list(map_ahead(lambda x: x * x, range(100), threads)) == [x * x for x in range(100)]
    assert list(map_ahead(str, [], threads)) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_is_begun_than_may_wait(threads: int) -> None:
    begun: list[int] = []
    found = map_ahead(begun.append, count(), threads)
    assert len(list(islice(found, 4))) == 4
    found.close()
    assert len(begun) <= 4 + 2 * threads


def test_items_are_worked_on_at_the_same_time() -> None:
    # Each waits for the other.
    both = threading.Barrier(2, timeout=30)
    assert sorted(map_ahead(lambda _: both.wait(), range(2), 2)) == [0, 1]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_arrives_in_the_place_of_its_result(threads: int) -> None:
    found = map_ahead(lambda x: 1 / (2 - x), range(9), threads)
    assert next(found) == 0.5
    assert next(found) == 1.0
    with pytest.raises(ZeroDivisionError):
        next(found)

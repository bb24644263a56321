"""Work on one item after the other, while threads are already at the next ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tinsmith.core.cores import cores

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def map_ahead(
    function: Callable[[_Item], _Result], items: Iterable[_Item], threads: int = 0
) -> Generator[_Result, None, None]:
    """The result for each item, in order; at most two for each thread wait to be taken.

    Unlike `Executor.map`, which works through everything at once however little is taken, so what
    it found may not fit in memory.

    Args:
        function: What to do, safe in several threads.
        items: What to do it with.
        threads: Threads to use; 0 means one per core. A single core works when it is asked.
    """
    threads = threads or cores()
    if threads == 1:
        yield from map(function, items)
        return
    running: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                if len(running) == 2 * threads:
                    yield running.popleft().result()
                running.append(pool.submit(function, item))
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()

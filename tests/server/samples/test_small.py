"""Small uploads gather, and nobody waits for somebody who does not come."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tinsmith.server.samples import small
from tinsmith.server.samples.small import SmallUploads


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each turn had; nothing is stored."""
    found: list[int] = []

    def add_all(uploads: list[Any]) -> list[Any]:
        found.append(len(uploads))
        return [f"report on {upload}" for upload in uploads]

    monkeypatch.setattr(small, "_add_all", add_all)
    return found


def test_a_turn_waits_for_as_many_as_the_one_before(
    turns: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "_PATIENCE_S", 60)

    async def late(uploads: SmallUploads, number: int) -> str:
        for _ in range(5 * number):
            await asyncio.sleep(0)
        return str(await uploads.add(number))  # type: ignore[arg-type]

    async def scene() -> list[str]:
        uploads = SmallUploads()
        await asyncio.gather(*(uploads.add(number) for number in range(3)))  # type: ignore[arg-type]
        return await asyncio.gather(*(late(uploads, number) for number in range(3)))

    assert asyncio.run(scene()) == [f"report on {number}" for number in range(3)]
    assert turns == [3, 3]


def test_who_comes_alone_is_answered(turns: list[int]) -> None:
    async def scene() -> None:
        uploads = SmallUploads()
        await asyncio.gather(*(uploads.add(number) for number in range(3)))  # type: ignore[arg-type]
        for number in range(3):
            await uploads.add(number)  # type: ignore[arg-type]

    asyncio.run(scene())
    assert turns == [3, 1, 1, 1]

"""Uploads of small files, many a second: those that arrive together share a thread's turn.

Handing work to a thread costs more than reading a second of sound does, and so does a transaction.
While a thread reads and stores what has arrived, what arrives meanwhile gathers and is its next
turn. Whoever was just answered often sends the next file at once: a turn waits a moment for as many
files as the one before had, so a single sender never waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tinsmith.server.samples.reading import IncomingFile, read_file
from tinsmith.server.samples.schemas import UploadReport
from tinsmith.server.samples.service import Addition, rules_for

if TYPE_CHECKING:
    from tinsmith.server.context import Context

SMALL_BYTES = 1 << 20
_TOGETHER = 64
# How long a turn waits for those who were just answered.
_PATIENCE_S = 0.002


@dataclass(frozen=True)
class Upload:
    """One file of one request.

    Args:
        context: The server.
        file: Its name and bytes.
        addition: Where it goes, without the file.
    """

    context: Context
    file: IncomingFile
    addition: Addition

    def read(self) -> Addition:
        """The file, read and ready to be stored.

        Raises:
            InputError: It is not what it claims to be.
        """
        context = self.context
        rules = rules_for(context.database, self.addition.project_id, [self.file])
        found = read_file(self.file, rules, context.blobs, context.levels)
        return replace(self.addition, found=found)

    def add(self) -> UploadReport:
        """Reads and stores the file."""
        return self.context.uploads.add(self.context.database, self.read())


_Waiting = tuple[Upload, "asyncio.Future[UploadReport]"]


class SmallUploads:
    """Gathers uploads; used from the event loop only."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "small-uploads")
        self._expected = 0
        self._complete = asyncio.Event()

    async def add(self, upload: Upload) -> UploadReport:
        """Reads and stores a file; returns once it is stored.

        Raises:
            InputError: It is not what it claims to be.
        """
        answer: asyncio.Future[UploadReport] = asyncio.get_running_loop().create_future()
        self._waiting.append((upload, answer))
        if len(self._waiting) >= self._expected:
            self._complete.set()
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            await self._gather()
            turn, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            outcomes: list[UploadReport | BaseException]
            try:
                uploads = [upload for upload, _ in turn]
                loop = asyncio.get_running_loop()
                outcomes = await loop.run_in_executor(self._thread, _add_all, uploads)
            except Exception as error:  # noqa: BLE001 - told to all who wait for it
                outcomes = [error] * len(turn)
            for (_, answer), outcome in zip(turn, outcomes, strict=True):
                _tell(answer, outcome)
            self._expected = min(len(turn) + len(self._waiting), _TOGETHER)

    async def _gather(self) -> None:
        if len(self._waiting) < self._expected:
            self._complete.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._complete.wait(), _PATIENCE_S)


def _tell(answer: asyncio.Future[UploadReport], outcome: UploadReport | BaseException) -> None:
    if answer.done():  # whoever waited has gone
        return
    if isinstance(outcome, BaseException):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def _add_all(uploads: list[Upload]) -> list[UploadReport | BaseException]:
    """Reads and stores files; what became of each."""
    outcomes: list[UploadReport | BaseException | None] = [None] * len(uploads)
    additions: dict[int, Addition] = {}
    for position, upload in enumerate(uploads):
        try:
            additions[position] = upload.read()
        except Exception as error:  # noqa: BLE001 - told to the one whose file it is
            outcomes[position] = error
    context = uploads[0].context
    stored = context.uploads.add_all(context.database, list(additions.values()))
    for position, report in zip(additions, stored, strict=True):
        outcomes[position] = report
    return [outcome for outcome in outcomes if outcome is not None]

"""Many uploads, few transactions.

A transaction costs about as much as storing ten samples. Requests that arrive together are stored
together: whoever is first in line stores what all the others brought, and each is answered after
the transaction that holds its samples.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from tinsmith.core.process_lock import held, is_held
from tinsmith.server.samples.schemas import Uploaded, UploadReport
from tinsmith.server.samples.service import Addition, add_files
from tinsmith.store.database import Database

# Files of one transaction, unless a single request has more.
_MOST = 500


@dataclass
class _Ticket:
    addition: Addition
    found: UploadReport | BaseException | None = None

    @property
    def project_id(self) -> int:
        return self.addition.project_id

    @property
    def is_done(self) -> bool:
        return self.found is not None

    @property
    def outcome(self) -> UploadReport | BaseException:
        assert self.found is not None
        return self.found


class UploadGroup:
    """Stores samples for several threads at once.

    Args:
        lock: The file whose lock is held while samples are stored, by one at a time.
    """

    def __init__(self, lock: Path) -> None:
        self._waiting: list[_Ticket] = []
        self._list = threading.Lock()
        self._lock = lock

    @property
    def is_busy(self) -> bool:
        """Whether somebody stores at this moment."""
        return is_held(self._lock)

    def add(self, database: Database, addition: Addition) -> UploadReport:
        """Stores the samples of one request; returns once they are stored."""
        (found,) = self.add_all(database, [addition])
        if isinstance(found, BaseException):
            raise found
        return found

    def add_all(
        self, database: Database, additions: Sequence[Addition]
    ) -> list[UploadReport | BaseException]:
        """Stores the samples of several requests; what became of each, once they are stored."""
        tickets = [_Ticket(addition) for addition in additions]
        with self._list:
            self._waiting += tickets
        with held(self._lock):
            while not all(ticket.is_done for ticket in tickets):
                self._store(database, self._next())
        return [ticket.outcome for ticket in tickets]

    def _next(self) -> list[_Ticket]:
        with self._list:
            taken, files = 0, 0
            for ticket in self._waiting:
                files += len(ticket.addition.found)
                if taken and files > _MOST:
                    break
                taken += 1
            chosen, self._waiting = self._waiting[:taken], self._waiting[taken:]
            return chosen

    def _store(self, database: Database, tickets: Sequence[_Ticket]) -> None:
        try:
            with database.write(only_samples=True) as session:
                reports = _add(session, tickets)
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
            if len(tickets) == 1:
                tickets[0].found = error
                return
            # One of them is at fault; the others must not suffer.
            for ticket in tickets:
                self._store(database, [ticket])
            return
        for ticket, report in zip(tickets, reports, strict=True):
            ticket.found = report


def _add(session: Session, tickets: Sequence[_Ticket]) -> list[UploadReport]:
    """Stores the samples of several requests, project by project; their reports, in order."""
    reports: dict[int, UploadReport] = {}
    # In order of their numbers, so that two servers never wait for each other's projects.
    for project_id in sorted({ticket.project_id for ticket in tickets}):
        own = [i for i, ticket in enumerate(tickets) if ticket.project_id == project_id]
        files = add_files(session, project_id, [tickets[i].addition for i in own])
        for position, uploaded in zip(own, files, strict=True):
            reports[position] = report_on(uploaded)
    return [reports[position] for position in range(len(tickets))]


def report_on(files: list[Uploaded]) -> UploadReport:
    """What became of an upload."""
    states = [file.status for file in files]
    return UploadReport(
        added=states.count("added"),
        duplicates=states.count("duplicate"),
        failed=states.count("failed"),
        files=files,
    )

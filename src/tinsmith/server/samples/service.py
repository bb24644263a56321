"""Adding samples: from files that were read to rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tinsmith.datasets import Category, Sample
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.server.samples.reading import (
    Decoded,
    FileRules,
    IncomingFile,
    clean_name,
    may_be_signed,
)
from tinsmith.server.samples.schemas import Uploaded
from tinsmith.store.database import Database
from tinsmith.store.devices import seen_devices
from tinsmith.store.intake.tables import is_table
from tinsmith.store.samples import NewSample, add_to_held, touch_data
from tinsmith.store.tables import Base, HmacKey, Project

# A project without a fixed split puts one file in five, by its hash, into testing.
_TESTING_SHARE = 5
_ROWS = Base.metadata.tables["samples"].c
_KNOWN = (
    select(_ROWS.content_hash, _ROWS.id, _ROWS.key, _ROWS.deleted_at)
    .where(
        _ROWS.project_id == bindparam("project"),
        _ROWS.content_hash.in_(bindparam("hashes", expanding=True)),
    )
    .order_by(_ROWS.id.desc())
)


@dataclass(frozen=True)
class Choices:
    """What the uploader says of the files.

    Args:
        label: Label of all files; None finds out.
        category: Part of the data set; "split" decides by content.
        metadata: Facts added to every sample.
        allow_duplicates: Whether content that is there already is added once more.
    """

    label: str | None = None
    category: str = "training"
    metadata: dict[str, str] = field(default_factory=dict)
    allow_duplicates: bool = False


@dataclass(frozen=True)
class Addition:
    """The files of one request, read and ready to be stored.

    Args:
        project_id: Where to.
        found: What was read, or why it could not be, in order.
        choices: What the uploader says of them.
        created_by: The user who adds them.
        device: What the device calls itself that they come from; empty: none is named.
    """

    project_id: int
    found: Sequence[Decoded | Uploaded]
    choices: Choices = field(default_factory=Choices)
    created_by: int | None = None
    device: str = ""


def add_files(
    session: Session, project_id: int, additions: Sequence[Addition]
) -> list[list[Uploaded]]:
    """Stores decoded files as samples and reports on all of them, request by request."""
    # Nobody else adds to the project from here on, so what is present stays what is present.
    touch_data(session, project_id)
    devices = seen_devices(session, project_id, {item.device for item in additions})
    intake = _Intake(*_present(session, project_id, additions), devices)
    reports = [[intake.take(item, addition) for item in addition.found] for addition in additions]
    numbers = add_to_held(session, project_id, intake.fresh)
    intake.tell(numbers)
    return reports


class _Intake:
    """Decides which files become samples.

    Args:
        present: Numbers of samples in use, by their content.
        used: Keys that samples have, those in the trash included.
        devices: Numbers of devices by what they call themselves.
    """

    def __init__(self, present: dict[str, int], used: set[str], devices: Mapping[str, int]) -> None:
        self.fresh: list[NewSample] = []
        self._devices = devices
        self._present = present
        self._used = used
        self._added: list[Uploaded] = []
        # Duplicates of what is only now being added, by their content.
        self._first: dict[str, int] = {}
        self._followers: list[tuple[Uploaded, int]] = []

    def take(self, item: Decoded | Uploaded, addition: Addition) -> Uploaded:
        """The report on one file; of a new sample without its number."""
        if isinstance(item, Uploaded):
            return item
        sample, content = item.sample, item.sample.content_hash
        is_known = content in self._present or content in self._first
        if is_known and not addition.choices.allow_duplicates:
            report = _duplicate(sample, self._present.get(content))
            if content in self._first:
                self._followers.append((report, self._first[content]))
            return report
        key = free_key(sample.id, self._used)
        self._used.add(key)
        self._first.setdefault(content, len(self.fresh))
        self.fresh.append(
            NewSample(
                _chosen(item.sample, addition.choices, key),
                item.signature,
                device_id=self._devices.get(addition.device),
                created_by=addition.created_by,
            )
        )
        self._added.append(Uploaded(name=sample.name, status="added"))
        return self._added[-1]

    def tell(self, numbers: Sequence[int]) -> None:
        """Completes the reports with the numbers of the new samples."""
        for report, number in zip(self._added, numbers, strict=True):
            report.sample_id = number
        for report, position in self._followers:
            report.sample_id = report.sample_id or numbers[position]


def _chosen(sample: Sample, choices: Choices, key: str) -> Sample:
    """The sample with what the uploader says of it, and the key it gets."""
    return sample.with_(
        id=key,
        label=sample.label if choices.label is None else choices.label,
        category=_category(choices.category, sample.content_hash),
        metadata=_merged(sample.metadata, choices.metadata),
    )


def _merged(own: Mapping[str, str], chosen: Mapping[str, str]) -> Mapping[str, str]:
    return {**own, **chosen} if own and chosen else own or chosen


def _category(wanted: str, content_hash: str) -> Category:
    if wanted == "split":
        is_test = int(content_hash[:8], 16) % _TESTING_SHARE == 0
        return "testing" if is_test else "training"
    return wanted  # type: ignore[return-value]


def _duplicate(sample: Sample, number: int | None) -> Uploaded:
    return Uploaded(
        name=sample.name,
        status="duplicate",
        sample_id=number,
        message="a sample with the same content is there already",
        hint="send it with duplicates allowed to add it once more",
    )


def _present(
    session: Session, project_id: int, additions: Sequence[Addition]
) -> tuple[dict[str, int], set[str]]:
    """Numbers of samples in use with the contents of files, and all keys with these contents."""
    hashes = {
        item.sample.content_hash
        for addition in additions
        for item in addition.found
        if isinstance(item, Decoded)
    }
    wanted = {"project": project_id, "hashes": list(hashes)}
    rows = session.connection().execute(_KNOWN, wanted).all()
    present = {row.content_hash: row.id for row in rows if row.deleted_at is None}
    return present, {row.key for row in rows}


def free_key(key: str, used: set[str]) -> str:
    """A key that no other sample of the same content has."""
    number, free = 1, key
    while free in used:
        number += 1
        free = f"{key}-{number}"
    return free


def rules_for(database: Database, project_id: int, files: Sequence[IncomingFile]) -> FileRules:
    """What a project says of how files are read; asked for only where it may matter."""
    if not any(is_table(clean_name(file.name)) or may_be_signed(file.data) for file in files):
        return FileRules()
    with database.read() as session:
        return file_rules(session, project_id)


def file_rules(session: Session, project_id: int) -> FileRules:
    """What a project says of how its files are read."""
    keys = session.scalars(select(HmacKey.secret).where(HmacKey.project_id == project_id))
    rule = session.scalar(select(Project.import_rule).where(Project.id == project_id))
    return FileRules(ImportRule.model_validate(rule) if rule else None, tuple(keys))

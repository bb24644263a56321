"""Adding and finding samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith import signals
from tinsmith.core.errors import InputError
from tinsmith.datasets import Category, FileSource, Sample
from tinsmith.datasets.naming import label_from_name
from tinsmith.datasets.record import storable_extension
from tinsmith.datasets.sample import facts_of
from tinsmith.server.samples.schemas import LabelCount, Uploaded, UploadReport
from tinsmith.signals import DecodeOptions
from tinsmith.store.blobs import BlobStore
from tinsmith.store.samples import NewSample, add_samples
from tinsmith.store.tables import HmacKey, SampleCount, SampleRow

# A project without a fixed split puts one file in five, by its hash, into testing.
_TESTING_SHARE = 5


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
class IncomingFile:
    """A file as it arrives."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Decoded:
    """A file that was understood: its sample, and whether its signature was valid."""

    sample: Sample
    signature: str


def decode_file(
    file: IncomingFile, choices: Choices, keys: Sequence[str], blobs: BlobStore
) -> Decoded:
    """Reads a file, and stores its bytes once it is known to be good.

    Raises:
        InputError: It is not what it claims to be; nothing was stored.
    """
    name = clean_name(file.name)
    options = DecodeOptions(hmac_keys=tuple(keys))
    decoded = signals.decode(file.data, name, options)
    blob = blobs.put(file.data)
    stem, _, extension = name.rpartition(".") if "." in name else (name, "", "")
    label = choices.label if choices.label is not None else decoded.label
    sample = Sample(
        id=blob.hash[:16],
        name=stem,
        content_hash=blob.hash,
        format=storable_extension(extension),
        label=label if label is not None else (label_from_name(stem) or ""),
        category=_category(choices.category, blob.hash),
        metadata={**decoded.metadata, **choices.metadata},
        segments=decoded.segments,
        boxes=(),
        facts=facts_of(decoded.content, size_bytes=len(file.data), warnings=decoded.warnings),
        source=FileSource(blobs.path(blob.hash), blob.hash, name),
    )
    return Decoded(sample, decoded.signature)


def clean_name(name: str) -> str:
    """A file name without folders; a name is only ever shown, never used as a path."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(character for character in last if character.isprintable())
    return kept[:300] or "unnamed"


def _category(wanted: str, content_hash: str) -> Category:
    if wanted == "split":
        is_test = int(content_hash[:8], 16) % _TESTING_SHARE == 0
        return "testing" if is_test else "training"
    return wanted  # type: ignore[return-value]


def add_files(
    session: Session,
    project_id: int,
    found: Sequence[Decoded | Uploaded],
    choices: Choices,
    user_id: int | None,
) -> UploadReport:
    """Stores decoded files as samples and reports on all of them, in order."""
    hashes = [item.sample.content_hash for item in found if isinstance(item, Decoded)]
    present = _present(session, project_id, hashes)
    used = _used_keys(session, project_id, hashes) if choices.allow_duplicates else set()
    reports: list[Uploaded] = []
    fresh: list[tuple[int, NewSample]] = []
    first: dict[str, int] = {}
    for position, item in enumerate(found):
        if isinstance(item, Uploaded):
            reports.append(item)
            continue
        sample, content = item.sample, item.sample.content_hash
        is_known = content in present or content in first
        if is_known and not choices.allow_duplicates:
            reports.append(_duplicate(sample, present.get(content)))
        else:
            sample = sample.with_(id=_free_key(sample.id, used if is_known else set()))
            used.add(sample.id)
            fresh.append((position, NewSample(sample, item.signature, created_by=user_id)))
            reports.append(Uploaded(name=sample.name, status="added"))
        first.setdefault(content, position)
    numbers = add_samples(session, project_id, [item for _, item in fresh])
    for (position, _), number in zip(fresh, numbers, strict=True):
        reports[position].sample_id = number
    return _report(reports, found, first)


def failed(name: str, error: InputError) -> Uploaded:
    """The report on a file that cannot be used."""
    return Uploaded(name=name, status="failed", message=error.message, hint=error.hint)


def _report(
    reports: list[Uploaded], found: Sequence[Decoded | Uploaded], first: dict[str, int]
) -> UploadReport:
    for item, report in zip(found, reports, strict=True):
        # A duplicate of a file earlier in the same upload points at that one.
        if isinstance(item, Decoded) and report.status == "duplicate" and report.sample_id is None:
            report.sample_id = reports[first[item.sample.content_hash]].sample_id
    counts = [report.status for report in reports]
    return UploadReport(
        added=counts.count("added"),
        duplicates=counts.count("duplicate"),
        failed=counts.count("failed"),
        files=reports,
    )


def _duplicate(sample: Sample, number: int | None) -> Uploaded:
    return Uploaded(
        name=sample.name,
        status="duplicate",
        sample_id=number,
        message="a sample with the same content is there already",
        hint="send it with duplicates allowed to add it once more",
    )


def _present(session: Session, project_id: int, hashes: Sequence[str]) -> dict[str, int]:
    """Row numbers of live samples with these contents."""
    statement = select(SampleRow.content_hash, SampleRow.id).where(
        SampleRow.project_id == project_id,
        SampleRow.content_hash.in_(hashes),
        SampleRow.deleted_at.is_(None),
    )
    return {row.content_hash: row.id for row in session.execute(statement)}


def _used_keys(session: Session, project_id: int, hashes: Sequence[str]) -> set[str]:
    statement = select(SampleRow.key).where(
        SampleRow.project_id == project_id, SampleRow.content_hash.in_(hashes)
    )
    return set(session.scalars(statement))


def _free_key(key: str, used: set[str]) -> str:
    number, free = 1, key
    while free in used:
        number += 1
        free = f"{key}-{number}"
    return free


def hmac_keys(session: Session, project_id: int) -> list[str]:
    """The keys devices of a project sign with."""
    statement = select(HmacKey.secret).where(HmacKey.project_id == project_id)
    return list(session.scalars(statement))


def list_samples(
    session: Session, project_id: int, category: str | None, after: int | None, limit: int
) -> Sequence[SampleRow]:
    """Samples of a project, newest first."""
    statement = select(SampleRow).where(
        SampleRow.project_id == project_id, SampleRow.deleted_at.is_(None)
    )
    if category is not None:
        statement = statement.where(SampleRow.category == category)
    if after is not None:
        statement = statement.where(SampleRow.id < after)
    return session.scalars(statement.order_by(SampleRow.id.desc()).limit(limit)).all()


def counts(session: Session, project_id: int) -> list[LabelCount]:
    """How much there is of every label in every category."""
    statement = select(SampleCount).where(
        SampleCount.project_id == project_id, SampleCount.samples > 0
    )
    rows = session.scalars(statement.order_by(SampleCount.category, SampleCount.label)).all()
    return [
        LabelCount(**{name: getattr(row, name) for name in LabelCount.model_fields}) for row in rows
    ]

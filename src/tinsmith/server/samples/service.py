"""Adding samples: from the bytes of a file to rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tinsmith import signals
from tinsmith.core.errors import DatasetError, InputError
from tinsmith.datasets import Category, FileSource, Sample
from tinsmith.datasets.naming import label_from_name
from tinsmith.datasets.record import storable_extension
from tinsmith.datasets.sample import facts_of
from tinsmith.server.samples.content import Levels
from tinsmith.server.samples.schemas import Uploaded
from tinsmith.server.text import clean_text
from tinsmith.signals import NO_OPTIONS, DecodeOptions, Signal
from tinsmith.store.blobs import BlobStore
from tinsmith.store.devices import seen_devices
from tinsmith.store.samples import NewSample, add_to_held, touch_data
from tinsmith.store.tables import Base, HmacKey

# A project without a fixed split puts one file in five, by its hash, into testing.
_TESTING_SHARE = 5
_NAME_LENGTH = 300
_LABEL_LENGTH = 200
_KEY_LENGTH = 200
_VALUE_LENGTH = 10_000
# Where a blob lies is found out when it is read.
_NOWHERE = Path()
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
class IncomingFile:
    """A file as it arrives."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Decoded:
    """A file that was understood: its sample, and whether its signature was valid."""

    sample: Sample
    signature: str

    def chosen(self, choices: Choices, key: str) -> Sample:
        """The sample with what the uploader says of it, and the key it gets."""
        sample = self.sample
        return replace(
            sample,
            id=key,
            label=sample.label if choices.label is None else choices.label,
            category=_category(choices.category, sample.content_hash),
            metadata={**sample.metadata, **choices.metadata}
            if choices.metadata
            else sample.metadata,
        )


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


# The keys a project's devices sign with, asked for only if a file may be signed.
Keys = Callable[[], Sequence[str]]


def decode_file(
    file: IncomingFile,
    keys: Keys,
    blobs: BlobStore,
    levels: Levels,
    options: DecodeOptions | None = None,
) -> Decoded:
    """Reads a file, and stores its bytes once it is known to be good.

    Args:
        file: Its name and bytes.
        keys: The keys devices sign with.
        blobs: Where the bytes are kept.
        levels: Where the levels of detail of long recordings are kept.
        options: How it is decoded.

    Raises:
        InputError: It is not what it claims to be; nothing was stored.
    """
    name = clean_name(file.name)
    kept = options or NO_OPTIONS
    secrets = tuple(keys()) if _may_be_signed(file.data) else ()
    options = replace(kept, hmac_keys=secrets) if secrets else kept
    decoded = signals.decode(file.data, name, options)
    stem, _, extension = name.rpartition(".") if "." in name else (name, "", "")
    label = decoded.label if decoded.label is not None else (label_from_name(stem) or "")
    metadata = dict(decoded.metadata)
    _check_texts(name, label, metadata, [item.label for item in decoded.segments])
    content = decoded.content
    if isinstance(content, Signal):
        _check_texts(name, "", {sensor.name: sensor.units for sensor in content.sensors}, [])
    blob = blobs.put(file.data)
    sample = Sample(
        id=blob.hash[:16],
        name=stem,
        content_hash=blob.hash,
        format=storable_extension(extension),
        label=label,
        category="",
        metadata=metadata,
        segments=decoded.segments,
        boxes=(),
        facts=facts_of(
            content, size_bytes=len(file.data), warnings=tuple(map(_visible, decoded.warnings))
        ),
        source=FileSource(_NOWHERE, blob.hash, name, kept),
    )
    if isinstance(content, Signal):
        levels.prepare(sample, content)
    return Decoded(sample, decoded.signature)


def clean_name(name: str) -> str:
    """A file name without folders; a name is only ever shown, never used as a path."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _visible(last)[:_NAME_LENGTH] or "unnamed"


def _visible(text: str) -> str:
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())


def _may_be_signed(data: bytes) -> bool:
    """Whether the bytes look like JSON or CBOR, the forms in which devices sign."""
    first = data.lstrip()[:1]
    return first == b"{" or b"\xa0" <= data[:1] <= b"\xdf"


def _check_texts(name: str, label: str, metadata: dict[str, str], labels: Sequence[str]) -> None:
    """Refuses what could not be kept or found.

    Raises:
        DatasetError: A label or an entry of metadata is too long or no text.
    """
    pairs = [("label", item, _LABEL_LENGTH) for item in (label, *labels)]
    pairs += [("name of metadata", key, _KEY_LENGTH) for key in metadata]
    pairs += [("metadata", value, _VALUE_LENGTH) for value in metadata.values()]
    for what, text, limit in pairs:
        if len(text) > limit:
            raise DatasetError(
                f"a {what} has {len(text)} characters; expected at most {limit}", path=name
            )
        try:
            clean_text(text)
        except ValueError as error:
            raise DatasetError(f"a {what} {error}", path=name) from None


def _category(wanted: str, content_hash: str) -> Category:
    if wanted == "split":
        is_test = int(content_hash[:8], 16) % _TESTING_SHARE == 0
        return "testing" if is_test else "training"
    return wanted  # type: ignore[return-value]


def failed(name: str, error: InputError) -> Uploaded:
    """The report on a file that cannot be used."""
    return Uploaded(
        name=clean_name(name), status="failed", message=_visible(error.message), hint=error.hint
    )


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
                item.chosen(addition.choices, key),
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


def hmac_keys(session: Session, project_id: int) -> list[str]:
    """The keys devices of a project sign with."""
    statement = select(HmacKey.secret).where(HmacKey.project_id == project_id)
    return list(session.scalars(statement))

"""Changing single samples; the original bytes are never touched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import Box, Sample
from tinsmith.datasets.crop import crop
from tinsmith.datasets.events import EventOptions, find_events, segment, split
from tinsmith.datasets.sample import Span
from tinsmith.server.context import Caller, Context
from tinsmith.server.edits import require_current
from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.server.samples.finding import get_row
from tinsmith.server.samples.schemas import (
    BoxModel,
    EventsIn,
    PartIn,
    SampleChange,
    SegmentModel,
    SpanModel,
    SplitIn,
    sample_out,
)
from tinsmith.server.samples.service import free_key
from tinsmith.signals import Segment
from tinsmith.store.samples import (
    NewSample,
    add_samples,
    move_to_trash,
    to_sample,
    touch_data,
    update_samples,
)
from tinsmith.store.tables import SampleRow

_NAME_LENGTH = 400


def edit(
    context: Context,
    project_id: int,
    sample_id: int,
    if_match: str | None,
    change: Callable[[Sample], Sample],
) -> dict[str, Any]:
    """Changes a sample if it is still what the caller has read; the sample as it is now.

    Raises:
        NotFoundError: The project has no such sample.
        StaleError: Somebody else has changed it.
    """
    with context.database.write() as session:
        row = held(session, project_id, sample_id, if_match)
        before = to_sample(row, context.blobs.path)
        after = change(before)
        if after != before:
            update_samples(session, project_id, {row.id: after})
            session.flush()
        return sample_out(row)


def held(session: Session, project_id: int, sample_id: int, if_match: str | None) -> SampleRow:
    """A sample that nobody else changes until the end of the transaction."""
    get_row(session, project_id, sample_id)
    touch_data(session, project_id)
    session.expire_all()
    row = get_row(session, project_id, sample_id)
    require_current(row.revision, if_match)
    return row


def changed(sample: Sample, change: SampleChange) -> Sample:
    """A sample with a change made.

    Raises:
        UnusableError: Labels over time or boxes do not fit the content.
    """
    wanted: dict[str, Any] = {
        name: value
        for name in ("name", "label", "category", "enabled", "metadata")
        if (value := getattr(change, name)) is not None
    }
    if change.segments is not None:
        wanted["segments"] = _segments(sample, change.segments)
    if change.boxes is not None:
        wanted["boxes"] = _boxes(sample, change.boxes)
    return replace(sample, **wanted)


def _segments(sample: Sample, given: Sequence[SegmentModel]) -> tuple[Segment, ...]:
    """Labels over time in order, if they lie within the recording and apart from each other."""
    frames = sample.facts.frames
    ordered = sorted(given, key=lambda item: item.start_index)
    free = 0
    for item in ordered:
        where = f"{item.label!r} from {item.start_index} to {item.end_index}"
        if not item.start_index <= item.end_index < frames:
            raise _misfit("segments", f"{where} is not within the {frames} frames of the recording")
        if item.start_index < free:
            raise _misfit("segments", f"{where} overlaps the label before it")
        free = item.end_index + 1
    return tuple(Segment(item.start_index, item.end_index, item.label) for item in ordered)


def _boxes(sample: Sample, given: Sequence[BoxModel]) -> tuple[Box, ...]:
    width, height = sample.facts.width, sample.facts.height
    for box in given:
        if box.x + box.width > width or box.y + box.height > height:
            raise _misfit("boxes", f"{box.label!r} is not within the {width} x {height} pixels")
    return tuple(Box(b.label, b.x, b.y, b.width, b.height) for b in given)


def _misfit(field: str, message: str) -> UnusableError:
    problem = FieldProblem(path=f"body.{field}", message=message)
    return UnusableError(message, hint="nothing was changed", fields=[problem])


def cropped(sample: Sample, span: SpanModel) -> Sample:
    """The sample, of which only a part is kept."""
    return crop(sample, span.start, span.end)


def events(context: Context, sample: Sample, wanted: EventsIn) -> tuple[Span, ...]:
    """Parts of a recording in which something happens."""
    options = EventOptions(**wanted.model_dump())
    if sample.facts.kind == "image":
        raise DatasetError("a picture holds no events; expected a recording", path=sample.name)
    signal = context.levels.signal(sample, 0, sample.facts.frames)
    return find_events(signal, options, seed=sample.content_hash)


def split_up(
    context: Context,
    caller: Caller,
    project_id: int,
    sample_id: int,
    wanted: SplitIn,
    if_match: str | None,
) -> list[dict[str, Any]]:
    """Makes a sample of each part; the whole goes to the trash unless it is kept."""
    spans = [(span.start, span.end) for span in wanted.spans]
    return _parted(
        context, caller, project_id, sample_id, if_match,
        make=lambda sample, taken: split(sample, spans, taken=taken), keep=wanted.keep,
    )  # fmt: skip


def take_part(
    context: Context,
    caller: Caller,
    project_id: int,
    sample_id: int,
    wanted: PartIn,
    if_match: str | None,
) -> dict[str, Any]:
    """Makes a sample of one part; the whole stays."""

    def make(sample: Sample, taken: set[str]) -> tuple[Sample, ...]:
        part = segment(sample, wanted.start_ms, wanted.length_ms)
        return (replace(part, id=free_key(f"{sample.content_hash[:16]}-1", taken)),)

    return _parted(context, caller, project_id, sample_id, if_match, make=make, keep=True)[0]


def _parted(
    context: Context,
    caller: Caller,
    project_id: int,
    sample_id: int,
    if_match: str | None,
    *,
    make: Callable[[Sample, set[str]], tuple[Sample, ...]],
    keep: bool,
) -> list[dict[str, Any]]:
    with context.database.write() as session:
        row = held(session, project_id, sample_id, if_match)
        taken = set(
            session.scalars(
                select(SampleRow.key).where(
                    SampleRow.project_id == project_id, SampleRow.content_hash == row.content_hash
                )
            )
        )
        parts = make(to_sample(row, context.blobs.path), taken)
        new = [
            NewSample(
                replace(part, name=part.name[-_NAME_LENGTH:]), row.signature, row.device_id, row.id,
                caller.user_id,
            )
            for part in parts
        ]  # fmt: skip
        numbers = add_samples(session, project_id, new)
        if not keep:
            move_to_trash(session, project_id, [row.id])
        found = session.scalars(select(SampleRow).where(SampleRow.id.in_(numbers)))
        by_number = {part.id: sample_out(part) for part in found}
        return [by_number[number] for number in numbers]

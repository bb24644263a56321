"""Versions of a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.jobs.queue import JobLimits, submit
from tinsmith.server.context import Caller
from tinsmith.server.errors import NotFoundError
from tinsmith.server.projects.schemas import ProjectIn
from tinsmith.server.projects.service import create_project
from tinsmith.server.versions.schemas import (
    Comparison,
    CopyIn,
    ImpulseDifference,
    SampleDifference,
    ValueDifference,
    VersionImpulse,
)
from tinsmith.store.blobs import BlobStore
from tinsmith.store.project_changes import SampleChange, sample_changes, value_changes
from tinsmith.store.project_state import (
    ProjectState,
    SampleLines,
    read_head,
    read_lines,
    sample_lines,
    see_one_moment,
)
from tinsmith.store.tables import Job, Project, Version, now
from tinsmith.store.versions import load_version, summary

_LABELS = {"label", "segments", "boxes"}
# Names whose differences mean nothing to people: they follow from others.
_QUIET = {"parent"}


def list_versions(
    session: Session, project_id: int, after: int | None, limit: int
) -> Sequence[Version]:
    """Versions of a project, newest first."""
    statement = select(Version).where(
        Version.project_id == project_id, Version.deleted_at.is_(None)
    )
    if after is not None:
        statement = statement.where(Version.number < after)
    return session.scalars(statement.order_by(Version.number.desc()).limit(limit)).all()


def get_version(session: Session, project_id: int, number: int) -> Version:
    """One version.

    Raises:
        NotFoundError: The project has no such version.
    """
    row = session.scalar(
        select(Version).where(
            Version.project_id == project_id,
            Version.number == number,
            Version.deleted_at.is_(None),
        )
    )
    if row is None:
        raise NotFoundError(f"the project has no version {number}")
    return row


def delete_version(session: Session, project_id: int, number: int) -> None:
    """Forgets what a version kept; its number is not given out again.

    Raises:
        NotFoundError: The project has no such version.
    """
    row = get_version(session, project_id, number)
    row.deleted_at = now()
    row.manifest_hash = ""


def copy_version(
    session: Session, caller: Caller, project_id: int, number: int, wanted: CopyIn
) -> tuple[Project, Job]:
    """Makes a project and queues the job that fills it with what a version keeps.

    Raises:
        NotFoundError: There is no such version or organization.
        ForbiddenError: The caller may not make projects there.
    """
    get_version(session, project_id, number)
    made = ProjectIn(name=wanted.name, organization_id=wanted.organization_id)
    project = create_project(session, caller, made)
    job = submit(
        session,
        "restore",
        {"project_id": project_id, "number": number},
        project_id=project.id,
        created_by=caller.user_id,
        limits=JobLimits(wanted.time_limit_s, wanted.memory_limit_mb),
    )
    return project, job


def compare(
    session: Session, blobs: BlobStore, project_id: int, number: int, other: int | None, limit: int
) -> Comparison:
    """What differs between a version and another, or the present.

    The session must have read nothing before.

    Raises:
        NotFoundError: There is no such version.
    """
    see_one_moment(session)
    before = load_version(get_version(session, project_id, number), blobs)
    if other is None:
        after = read_head(session, project_id, SampleLines(hash=""))
        lines = sample_lines(session, project_id)
    else:
        after = load_version(get_version(session, project_id, other), blobs)
        lines = read_lines(blobs, after.samples.hash)
    counts: Counter[str] = Counter()
    shown: list[SampleDifference] = []
    impulses = list(_impulses(before, after))
    for change in sample_changes(read_lines(blobs, before.samples.hash), lines):
        difference = _sample(change)
        counts[difference.kind] += 1
        if len(shown) < limit:
            shown.append(difference)
    return Comparison(
        before=number,
        after=other,
        added=counts["added"],
        removed=counts["removed"],
        relabelled=counts["relabelled"],
        changed=counts["changed"],
        samples=shown,
        impulses=impulses,
        project=_values(before.project, after.project),
    )


def _sample(change: SampleChange) -> SampleDifference:
    before, after = change.before, change.after
    there = after or before
    assert there is not None
    fields = [name for name in change.fields if name not in _QUIET]
    kind = "changed"
    if before is None:
        kind = "added"
    elif after is None:
        kind = "removed"
    elif _LABELS & set(fields):
        kind = "relabelled"
    return SampleDifference.model_validate(
        {
            "key": change.key,
            "name": there["name"],
            "kind": kind,
            "fields": fields,
            "label_before": before and before["label"],
            "label_after": after and after["label"],
            "category_before": before and before["category"],
            "category_after": after and after["category"],
        }
    )


def _impulses(before: ProjectState, after: ProjectState) -> Iterator[ImpulseDifference]:
    old = {row["id"]: row for row in before.impulses}
    new = {row["id"]: row for row in after.impulses}
    shown_old = {item["id"]: item for item in summary(before)["impulses"]}
    shown_new = {item["id"]: item for item in summary(after)["impulses"]}
    for number in sorted(old.keys() | new.keys()):
        first, second = old.get(number), new.get(number)
        design = _values(first["design"], second["design"]) if first and second else []
        kind = "removed" if second is None else "added" if first is None else "same"
        sides = (shown_old.get(number), shown_new.get(number))
        if kind == "same" and (design or sides[0] != sides[1]):
            kind = "changed"
        named = second or first
        assert named is not None
        yield ImpulseDifference.model_validate(
            {
                "id": number,
                "name": named["name"],
                "kind": kind,
                "design": design,
                "before": sides[0] and VersionImpulse(**sides[0]),
                "after": sides[1] and VersionImpulse(**sides[1]),
            }
        )


def _values(before: object, after: object) -> list[ValueDifference]:
    return [
        ValueDifference(path=path, before=old, after=new)
        for path, old, new in value_changes(before, after)
    ]

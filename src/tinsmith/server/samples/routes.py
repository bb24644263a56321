"""Endpoints that list samples and edit single ones."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from tinsmith.datasets.crop import uncrop
from tinsmith.server.audit.service import audit
from tinsmith.server.context import App, Reading, Who
from tinsmith.server.edits import IfMatch, etag
from tinsmith.server.paging import Page
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.samples import edits, finding
from tinsmith.server.samples.finding import SampleFilter
from tinsmith.server.samples.schemas import (
    EventsIn,
    EventsOut,
    LabelCount,
    PartIn,
    SampleChange,
    SampleOut,
    SpanModel,
    SplitIn,
    Summary,
    sample_out,
)
from tinsmith.store.samples import move_to_trash, to_sample

router = APIRouter(tags=["samples"])
SampleId = Annotated[int, Path(ge=1, lt=2**63, description="The sample's number.")]


def _shown(sample: dict[str, Any], status: int = 200) -> JSONResponse:
    headers = {"ETag": etag(sample["revision"])}
    return JSONResponse(sample, status_code=status, headers=headers)


@router.get("/projects/{project_id}/samples", response_model=Page[SampleOut])
def list_samples(
    project_id: ProjectId, session: Reading, wanted: Annotated[SampleFilter, Query()]
) -> JSONResponse:
    """The project's samples, newest first unless sorted otherwise."""
    return JSONResponse(finding.page(session, project_id, wanted))


@router.get("/projects/{project_id}/samples/counts")
def get_sample_counts(project_id: ProjectId, session: Reading) -> list[LabelCount]:
    """How many samples there are of every label in every category, and how long they are."""
    return finding.counts(session, project_id)


@router.get("/projects/{project_id}/samples/summary")
def get_sample_summary(project_id: ProjectId, session: Reading) -> Summary:
    """How much data there is, how it is split, and what is wrong with the split."""
    return finding.summarise(session, project_id)


@router.get("/projects/{project_id}/samples/{sample_id}", response_model=SampleOut)
def get_sample(project_id: ProjectId, sample_id: SampleId, session: Reading) -> JSONResponse:
    """One sample."""
    return _shown(sample_out(finding.get_row(session, project_id, sample_id)))


@router.patch("/projects/{project_id}/samples/{sample_id}", response_model=SampleOut)
def update_sample(
    project_id: ProjectId,
    sample_id: SampleId,
    body: SampleChange,
    app: App,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Changes name, label, labels over time, boxes, metadata, category, or whether it is used."""
    return _shown(
        edits.edit(app, project_id, sample_id, if_match, lambda s: edits.changed(s, body))
    )


@router.delete("/projects/{project_id}/samples/{sample_id}", status_code=204)
def delete_sample(
    project_id: ProjectId,
    sample_id: SampleId,
    app: App,
    caller: Who,
    if_match: IfMatch = None,
) -> None:
    """Puts a sample into the trash."""
    with app.database.write() as session:
        row = edits.held(session, project_id, sample_id, if_match)
        move_to_trash(session, project_id, [row.id])
        audit(session, caller, "sample.delete", row.name, project_id=project_id)


@router.post("/projects/{project_id}/samples/{sample_id}/crop", response_model=SampleOut)
def crop_sample(
    project_id: ProjectId, sample_id: SampleId, body: SpanModel, app: App, if_match: IfMatch = None
) -> JSONResponse:
    """Keeps only part of a recording, counted in what it holds now; nothing is deleted."""
    return _shown(
        edits.edit(app, project_id, sample_id, if_match, lambda s: edits.cropped(s, body))
    )


@router.post("/projects/{project_id}/samples/{sample_id}/uncrop", response_model=SampleOut)
def uncrop_sample(
    project_id: ProjectId, sample_id: SampleId, app: App, if_match: IfMatch = None
) -> JSONResponse:
    """Brings all of a cropped recording back."""
    return _shown(edits.edit(app, project_id, sample_id, if_match, uncrop))


@router.post("/projects/{project_id}/samples/{sample_id}/events")
def find_sample_events(
    project_id: ProjectId, sample_id: SampleId, body: EventsIn, app: App
) -> EventsOut:
    """Proposes the parts a recording may be split into; changes nothing."""
    with app.database.read() as session:
        row = finding.get_row(session, project_id, sample_id)
        sample = to_sample(row, app.blobs.path)
    spans = edits.events(app, sample, body)
    return EventsOut(spans=[SpanModel(start=start, end=end) for start, end in spans])


@router.post(
    "/projects/{project_id}/samples/{sample_id}/split",
    status_code=201,
    response_model=list[SampleOut],
)
def split_sample(
    project_id: ProjectId,
    sample_id: SampleId,
    body: SplitIn,
    app: App,
    caller: Who,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Makes a sample of each part of a recording; the whole goes to the trash unless kept."""
    parts = edits.split_up(app, caller, project_id, sample_id, body, if_match)
    return JSONResponse(parts, status_code=201)


@router.post(
    "/projects/{project_id}/samples/{sample_id}/segment", status_code=201, response_model=SampleOut
)
def segment_sample(
    project_id: ProjectId,
    sample_id: SampleId,
    body: PartIn,
    app: App,
    caller: Who,
    if_match: IfMatch = None,
) -> JSONResponse:
    """Makes a sample of one part of a recording; the whole stays."""
    return _shown(edits.take_part(app, caller, project_id, sample_id, body, if_match), 201)

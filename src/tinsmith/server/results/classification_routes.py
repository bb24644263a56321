"""Endpoints of live classification."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.responses import JSONResponse, Response

from tinsmith.datasets import Sample
from tinsmith.jobs.queue import submit
from tinsmith.jobs.tasks.classify import uploaded_sample
from tinsmith.server.context import App, Caller, Context, Reading, Who
from tinsmith.server.errors import TooLargeError
from tinsmith.server.impulses.design_service import get_sample
from tinsmith.server.jobs.schemas import JobOut
from tinsmith.server.plain_json import plain_json
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.results import classification as service
from tinsmith.server.results.routes import ModelId
from tinsmith.server.results.schemas import ClassificationOut, ClassifyIn, VariantName
from tinsmith.server.rows import project_row
from tinsmith.server.samples.reading import clean_name
from tinsmith.store.tables import Model

router = APIRouter(tags=["results"])
_EITHER: dict[int | str, dict[str, Any]] = {
    200: {"model": ClassificationOut, "description": "It was short enough to be done at once."},
    202: {"model": JobOut, "description": "A job does it; its result names the classification."},
}


@router.post(
    "/projects/{project_id}/models/{model_id}/classify",
    response_class=JSONResponse,
    response_model=None,
    responses=_EITHER,
)
def classify_sample(
    project_id: ProjectId, model_id: ModelId, body: ClassifyIn, app: App, caller: Who
) -> Response:
    """Runs every window of a stored sample through the compiled impulse."""
    with app.database.read() as session:
        sample = get_sample(session, app, project_id, body.sample_id)
    arguments = {"model_id": model_id, "variant": body.variant, "sample_id": body.sample_id}
    found = _now(app, project_id, model_id, sample, body.variant)
    return _answer(found) if found else _later(app, caller, project_id, arguments)


@router.post(
    "/projects/{project_id}/models/{model_id}/classify-file",
    response_class=JSONResponse,
    response_model=None,
    responses=_EITHER,
)
def classify_file(
    project_id: ProjectId,
    model_id: ModelId,
    app: App,
    caller: Who,
    file: Annotated[UploadFile, File(description="A recording or a picture; it is not kept.")],
    variant: Annotated[VariantName, Form()] = "int8",
) -> Response:
    """Runs every window of an uploaded file through the compiled impulse."""
    with app.database.read() as session:
        project_row(session, Model, project_id, model_id)
    data = file.file.read(app.limits.file_bytes + 1)
    if len(data) > app.limits.file_bytes:
        raise TooLargeError(f"the file is larger than {app.limits.file_bytes >> 20} MB")
    name = clean_name(file.filename or "upload")
    found = _now(app, project_id, model_id, uploaded_sample(data, name), variant)
    if found:
        return _answer(found)
    arguments = {
        "model_id": model_id,
        "variant": variant,
        "blob_hash": app.blobs.put(data).hash,
        "file_name": name,
    }
    return _later(app, caller, project_id, arguments)


@router.get(
    "/projects/{project_id}/classifications/{classification_id}",
    response_model=ClassificationOut,
)
def get_classification(
    project_id: ProjectId,
    classification_id: Annotated[int, Path(ge=1, lt=2**63)],
    session: Reading,
    app: App,
) -> Response:
    """What a job of classification found."""
    found = service.get_classification(session, project_id, classification_id, app.blobs)
    return Response(found, media_type="application/json")


def _now(
    app: Context, project_id: int, model_id: int, sample: Sample, variant: str
) -> dict[str, Any] | None:
    with app.database.read() as session:
        model = project_row(session, Model, project_id, model_id)
        return service.classify_now(session, app.blobs, model, sample, variant)


def _answer(found: dict[str, Any]) -> Response:
    return plain_json(found)


def _later(app: Context, caller: Caller, project_id: int, arguments: dict[str, Any]) -> Response:
    with app.database.write() as session:
        job = submit(
            session, "classify", arguments, project_id=project_id, created_by=caller.user_id
        )
    app.dispatcher.wake()
    return JSONResponse(JobOut.model_validate(job).model_dump(mode="json"), status_code=202)

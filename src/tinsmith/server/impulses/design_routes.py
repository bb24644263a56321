"""Endpoints that help with designs in the making; they store nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from tinsmith.impulse.findings import check
from tinsmith.impulse.suggest import PRESETS
from tinsmith.server.context import App, Reading
from tinsmith.server.impulses import design_service as service
from tinsmith.server.impulses.design_schemas import (
    AutotuneIn,
    BlockCatalogue,
    CheckOut,
    DesignIn,
    PreviewIn,
    PreviewOut,
    ProposalOut,
    SuggestionOut,
    WindowSizeOut,
)
from tinsmith.server.impulses.facts import project_facts
from tinsmith.server.impulses.schemas import Name
from tinsmith.server.plain_json import plain_json
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.targets.schemas import FindingOut

router = APIRouter(tags=["design"])


@router.get("/projects/{project_id}/design/blocks")
def list_blocks(project_id: ProjectId, session: Reading) -> BlockCatalogue:
    """The blocks there are: settings, help, defaults, and which of them suit the data."""
    return service.blocks(session, project_id)


@router.get("/projects/{project_id}/design/suggestion")
def suggest_design(
    project_id: ProjectId,
    session: Reading,
    preset: Annotated[
        str,
        Query(
            max_length=80,
            description="One of the presets, or auto.",
            json_schema_extra={"enum": ["auto", *PRESETS]},
        ),
    ] = "auto",
    name: Annotated[Name, Query()] = "impulse",
) -> SuggestionOut:
    """A first design for the project's data."""
    return service.suggestion(session, project_id, preset, name)


@router.post("/projects/{project_id}/design/check")
def check_design(project_id: ProjectId, body: DesignIn, session: Reading) -> CheckOut:
    """Everything that is wrong or odd about a design, each with its place in the document."""
    found = check(body.design, project_facts(session, project_id))
    findings = [FindingOut.model_validate(item) for item in found]
    is_valid = not any(item.severity == "error" for item in findings)
    return CheckOut(is_valid=is_valid, findings=findings)


@router.get("/projects/{project_id}/design/window-sizes")
def list_window_sizes(
    project_id: ProjectId,
    session: Reading,
    interval_ms: Annotated[
        float | None,
        Query(
            ge=1e-6, le=1e12, allow_inf_nan=False, description="Of the input; null: of the data."
        ),
    ] = None,
) -> list[WindowSizeOut]:
    """Window sizes worth trying, best first, with what the recordings would give."""
    found = service.window_sizes(session, project_id, interval_ms)
    return [WindowSizeOut.model_validate(item) for item in found]


@router.post("/projects/{project_id}/design/preview", response_model=PreviewOut)
def preview_design(project_id: ProjectId, body: PreviewIn, app: App) -> Response:
    """One window of one sample through the processing blocks of an unsaved design."""
    found = service.preview_window(app, project_id, body).to_dict()
    found.pop("sample")
    if not body.with_raw:
        found["raw"] = None
    return plain_json({"sample_id": body.sample_id, **found})


@router.post("/projects/{project_id}/design/autotune")
def autotune_block(project_id: ProjectId, body: AutotuneIn, app: App) -> list[ProposalOut]:
    """Settings of a block that suit the project's training samples, each with its reason."""
    found = service.proposals(app, project_id, body)
    return [ProposalOut.model_validate(item) for item in found]

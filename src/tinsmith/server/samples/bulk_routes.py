"""Endpoints that change many samples: edits, the trash, splits."""

from __future__ import annotations

from fastapi import APIRouter

from tinsmith.server.context import App, Who
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.samples import bulk
from tinsmith.server.samples.schemas import (
    ApplyPlan,
    BulkEdit,
    BulkResult,
    BulkSelect,
    PlanOut,
    RatiosIn,
)
from tinsmith.store.samples import move_to_trash, restore_from_trash

router = APIRouter(tags=["samples"])


@router.post("/projects/{project_id}/samples/bulk-edit")
def edit_samples(project_id: ProjectId, body: BulkEdit, app: App) -> BulkResult:
    """Sets label, category, metadata or whether they are used on many samples."""
    action = bulk.change(body.change)
    return BulkResult(changed=bulk.for_each_batch(app.database, project_id, body.select, action))


@router.post("/projects/{project_id}/samples/bulk-delete")
def delete_samples(project_id: ProjectId, body: BulkSelect, app: App, caller: Who) -> BulkResult:
    """Puts many samples into the trash."""
    action = bulk.noted(move_to_trash, caller, "sample.delete")
    done = bulk.for_each_batch(app.database, project_id, body.select, action)
    return BulkResult(changed=done)


@router.post("/projects/{project_id}/samples/restore")
def restore_samples(project_id: ProjectId, body: BulkSelect, app: App, caller: Who) -> BulkResult:
    """Brings samples back from the trash."""
    action = bulk.noted(restore_from_trash, caller, "sample.restore")
    done = bulk.for_each_batch(app.database, project_id, body.select, action, in_trash=True)
    return BulkResult(changed=done)


@router.post("/projects/{project_id}/samples/empty-trash")
def empty_sample_trash(project_id: ProjectId, app: App, caller: Who) -> BulkResult:
    """Forgets the samples in the trash for good."""
    return BulkResult(changed=bulk.empty_trash(app.database, project_id, caller))


@router.post("/projects/{project_id}/samples/split-plan")
def plan_sample_split(project_id: ProjectId, body: RatiosIn, app: App) -> PlanOut:
    """Shows how samples would be dealt out to training, testing and validation; changes nothing."""
    return bulk.plan(app.database, project_id, body)


@router.post("/projects/{project_id}/samples/split-plan/apply")
def apply_sample_split(project_id: ProjectId, body: ApplyPlan, app: App) -> BulkResult:
    """Deals the samples out as the preview showed."""
    return BulkResult(changed=bulk.apply_plan(app.database, project_id, body, body.plan))

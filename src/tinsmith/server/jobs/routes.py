"""Endpoints of jobs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, WebSocket
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from tinsmith.jobs.events import read_events
from tinsmith.jobs.queue import cancel
from tinsmith.server.context import App, Context, Reading, Who
from tinsmith.server.jobs import service
from tinsmith.server.jobs.schemas import (
    FeaturesIn,
    JobEventOut,
    JobOut,
    LimitsIn,
    ProfilingIn,
    RetrainingIn,
    State,
    TestingIn,
    TrainingIn,
)
from tinsmith.server.jobs.stream import as_server_sent_events, send_to_socket
from tinsmith.server.paging import Cursor, Limit, Page, after_number, cut
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.rows import project_row
from tinsmith.server.targets.service import require_runnable
from tinsmith.store.tables import Job

router = APIRouter(tags=["jobs"])
JobId = Annotated[int, Path(ge=1, lt=2**63, description="The job's number.")]
After = Annotated[int, Query(ge=0, lt=2**31, description="Number of the last event seen.")]
# One server-sent event; `data` is a JobEventOut as JSON.
_EVENT = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
}


@router.post("/projects/{project_id}/jobs/features", status_code=202)
def start_features(project_id: ProjectId, body: FeaturesIn, app: App, caller: Who) -> JobOut:
    """Computes the features of an impulse that are missing."""
    return start(app, caller, project_id, "features", body)


@router.post("/projects/{project_id}/jobs/train", status_code=202)
def start_training(project_id: ProjectId, body: TrainingIn, app: App, caller: Who) -> JobOut:
    """Computes the features that are missing and trains an impulse."""
    return start(app, caller, project_id, "train", body)


@router.post("/projects/{project_id}/jobs/retrain", status_code=202)
def start_retraining(project_id: ProjectId, body: RetrainingIn, app: App, caller: Who) -> JobOut:
    """Computes features, trains all blocks with their saved settings and tests the result."""
    return start(app, caller, project_id, "retrain", body)


@router.post("/projects/{project_id}/jobs/test", status_code=202)
def start_testing(project_id: ProjectId, body: TestingIn, app: App, caller: Who) -> JobOut:
    """Runs the compiled impulse, every variant, on the test samples."""
    return start(app, caller, project_id, "test", body)


@router.post("/projects/{project_id}/jobs/profile", status_code=202)
def start_profiling(project_id: ProjectId, body: ProfilingIn, app: App, caller: Who) -> JobOut:
    """Measures what a trained impulse costs on a target."""
    require_runnable(body.target)
    return start(app, caller, project_id, "profile", body)


@router.get("/projects/{project_id}/jobs")
def list_jobs(
    project_id: ProjectId,
    session: Reading,
    state: Annotated[State | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[JobOut]:
    """The project's jobs, newest first."""
    found = service.list_jobs(session, project_id, state, after_number(cursor), limit + 1)
    rows, more = cut(found, limit)
    return Page(items=[JobOut.model_validate(row) for row in rows], next_cursor=more)


@router.get("/projects/{project_id}/jobs/{job_id}")
def get_job(project_id: ProjectId, job_id: JobId, session: Reading) -> JobOut:
    """One job."""
    return JobOut.model_validate(project_row(session, Job, project_id, job_id))


@router.get("/projects/{project_id}/jobs/{job_id}/events")
def list_job_events(
    project_id: ProjectId, job_id: JobId, session: Reading, after: After = 0, limit: Limit = 1000
) -> list[JobEventOut]:
    """What a job said after an event, in order."""
    project_row(session, Job, project_id, job_id)
    found = read_events(session, job_id, after, limit)
    return [JobEventOut.model_validate(row) for row in found]


@router.get(
    "/projects/{project_id}/jobs/{job_id}/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _EVENT}}}},
)
def stream_job_events(
    project_id: ProjectId,
    job_id: JobId,
    app: App,
    after: After = 0,
    last_event_id: Annotated[int | None, Header(ge=0, lt=2**31)] = None,
) -> StreamingResponse:
    """What a job says, live, as server-sent events; a reconnect goes on where it broke off."""
    _require_job(app, project_id, job_id)
    followed = app.live.follow(app.database, job_id, last_event_id or after)
    return StreamingResponse(
        as_server_sent_events(app.live, followed),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@router.websocket("/projects/{project_id}/jobs/{job_id}/socket")
async def watch_job_events(
    socket: WebSocket, project_id: ProjectId, job_id: JobId, app: App, after: After = 0
) -> None:
    """The same stream through a WebSocket: one event a message, closed after the last."""
    await run_in_threadpool(_require_job, app, project_id, job_id)
    await socket.accept()
    await send_to_socket(socket, app.live, app.live.follow(app.database, job_id, after))


@router.post("/projects/{project_id}/jobs/{job_id}/cancel", status_code=202)
def cancel_job(project_id: ProjectId, job_id: JobId, app: App) -> JobOut:
    """Stops a job; one that runs is stopped within moments."""
    with app.database.write() as session:
        job = project_row(session, Job, project_id, job_id)
        cancel(session, job)
    app.dispatcher.wake()
    return JobOut.model_validate(job)


@router.post("/projects/{project_id}/jobs/{job_id}/retry", status_code=202)
def retry_job(project_id: ProjectId, job_id: JobId, app: App, caller: Who) -> JobOut:
    """Queues a job that failed or was stopped once more."""
    with app.database.write() as session:
        job = service.retry(session, caller, project_row(session, Job, project_id, job_id))
    app.dispatcher.wake()
    return JobOut.model_validate(job)


def _require_job(app: Context, project_id: int, job_id: int) -> None:
    with app.database.read() as session:
        project_row(session, Job, project_id, job_id)


def start(app: Context, caller: Who, project_id: int, kind: str, body: LimitsIn) -> JobOut:
    """Queues a job and has the queue looked at once it is stored."""
    with app.database.write() as session:
        job = service.start(session, caller, project_id, kind, body)
    app.dispatcher.wake()
    return JobOut.model_validate(job)

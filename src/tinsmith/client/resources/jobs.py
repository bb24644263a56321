"""Jobs of a project: starting, following and stopping long tasks."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from tinsmith.client.driving import M
from tinsmith.client.errors import JobError
from tinsmith.client.live import EventReader
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.sending import Endpoint, Page, Patience, paged, stream, unreachable
from tinsmith.client.steps import Close, Item, Pause, Read, Request, Step, visit
from tinsmith.client.types import Job, JobEvent
from tinsmith.core.progress import Progress, silent
from tinsmith.core.progress import Step as Report

Variant = Literal["float32", "int8"]
Memory = Literal["balanced", "smallest"]
State = Literal["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]
EventTaker = Callable[[JobEvent], object]

_ALL = "/projects/{project_id}/jobs"
_ONE = _ALL + "/{job_id}"
_LIST = Endpoint("list_jobs", "GET", _ALL, Page[Job])
_GET = Endpoint("get_job", "GET", _ONE, Job)
_EVENTS = Endpoint("list_job_events", "GET", _ONE + "/events", tuple[JobEvent, ...])
_CANCEL = Endpoint("cancel_job", "POST", _ONE + "/cancel", Job)
_RETRY = Endpoint("retry_job", "POST", _ONE + "/retry", Job)
_FEATURES = Endpoint("start_features", "POST", _ALL + "/features", Job)
_TRAIN = Endpoint("start_training", "POST", _ALL + "/train", Job)
_RETRAIN = Endpoint("start_retraining", "POST", _ALL + "/retrain", Job)
_TEST = Endpoint("start_testing", "POST", _ALL + "/test", Job)
_PROFILE = Endpoint("start_profiling", "POST", _ALL + "/profile", Job)

# A stream of events that broke is opened again this often without a new event.
_RECONNECTS = Patience(retries=8)


@dataclass(frozen=True)
class JobLimits:
    """Bounds on a job; None means none.

    Args:
        time_s: Seconds it may run.
        memory_mb: Memory of all its processes.
    """

    time_s: int | None = None
    memory_mb: int | None = None

    def fields(self) -> dict[str, int]:
        """As the API takes them."""
        found = {"time_limit_s": self.time_s, "memory_limit_mb": self.memory_mb}
        return {name: value for name, value in found.items() if value is not None}


NO_LIMITS = JobLimits()


class Jobs(ProjectResource[M]):
    """The project's long tasks."""

    @iteration
    def list(self, *, state: State | None = None) -> Generator[Step | Item[Job], Any, None]:
        """All of them, or those in a state, newest first."""
        return paged(_LIST, {"state": state}, project_id=self.project_id)

    @operation
    def get(self, job_id: int) -> Generator[Step, Any, Job]:
        """One job."""
        return _GET(project_id=self.project_id, job_id=job_id)

    @operation
    def features(
        self, impulse_id: int, *, limits: JobLimits = NO_LIMITS
    ) -> Generator[Step, Any, Job]:
        """Starts computing the features that are missing."""
        return self._start(_FEATURES, limits, impulse_id=impulse_id)

    @operation
    def train(self, impulse_id: int, *, limits: JobLimits = NO_LIMITS) -> Generator[Step, Any, Job]:
        """Starts training an impulse on the training samples."""
        return self._start(_TRAIN, limits, impulse_id=impulse_id)

    @operation
    def retrain(
        self, impulse_id: int | None = None, *, limits: JobLimits = NO_LIMITS
    ) -> Generator[Step, Any, Job]:
        """Starts training with the saved settings and testing; the default impulse if None."""
        return self._start(_RETRAIN, limits, impulse_id=impulse_id)

    @operation
    def test(self, impulse_id: int, *, limits: JobLimits = NO_LIMITS) -> Generator[Step, Any, Job]:
        """Starts running the compiled impulse, every variant, on the test samples."""
        return self._start(_TEST, limits, impulse_id=impulse_id)

    @operation
    def profile(
        self,
        impulse_id: int,
        *,
        target: str = "cortex-m4f",
        variant: Variant = "int8",
        memory: Memory = "balanced",
        limits: JobLimits = NO_LIMITS,
    ) -> Generator[Step, Any, Job]:
        """Starts measuring what a trained impulse costs on a target."""
        wanted = {"target": target, "variant": variant, "memory": memory}
        return self._start(_PROFILE, limits, impulse_id=impulse_id, **wanted)

    @operation
    def cancel(self, job_id: int) -> Generator[Step, Any, Job]:
        """Stops a job; one that runs is stopped within moments."""
        return _CANCEL(project_id=self.project_id, job_id=job_id, repeatable=True)

    @operation
    def retry(self, job_id: int) -> Generator[Step, Any, Job]:
        """Queues a job that failed or was stopped once more; the new job."""
        return _RETRY(project_id=self.project_id, job_id=job_id)

    @operation
    def events(
        self, job_id: int, *, after: int = 0, limit: int = 1000
    ) -> Generator[Step, Any, tuple[JobEvent, ...]]:
        """What a job said after event number `after`, without waiting for more."""
        query = {"after": after, "limit": limit}
        return _EVENTS(project_id=self.project_id, job_id=job_id, query=query)

    @iteration
    def follow(self, job_id: int, *, after: int = 0) -> Generator[Step | Item[JobEvent], Any, None]:
        """What a job says after event number `after`, live, until it has ended.

        A connection that breaks is made anew and goes on where it broke off: nothing is lost,
        nothing comes twice.

        Raises:
            UnavailableError: The server stays away.
        """
        return self._follow(job_id, after)

    @operation
    def wait(
        self,
        job_id: int,
        *,
        progress: Progress = silent,
        take: EventTaker | None = None,
        check: bool = True,
    ) -> Generator[Step, Any, Job]:
        """Follows a job to its end.

        Args:
            job_id: The job.
            progress: Receives its reports of progress.
            take: Receives each of its events.
            check: Whether a job that did not succeed is an error.

        Returns:
            The job as it ended.

        Raises:
            JobError: It did not succeed.
        """

        def on_event(event: JobEvent) -> None:
            if event.kind == "progress":
                progress(_report(event.data))
            if take:
                take(event)

        yield from visit(self._follow(job_id, 0), on_event)
        job = yield from _GET(project_id=self.project_id, job_id=job_id)
        if check and job.state != "succeeded":
            raise JobError(job)
        return job

    def _start(
        self, endpoint: Endpoint[Job], limits: JobLimits, **wanted: Any
    ) -> Generator[Step, Any, Job]:
        return endpoint(project_id=self.project_id, body={**wanted, **limits.fields()})

    def _follow(self, job_id: int, after: int) -> Generator[Step | Item[JobEvent], Any, None]:
        path = f"/projects/{self.project_id}/jobs/{job_id}/stream"
        reader = EventReader(after)
        failures = 0
        while not reader.ended:
            request = Request("GET", path, headers={"Last-Event-ID": str(reader.last)})
            answer = yield from stream(request)
            reader.restart()
            failure: httpx.TransportError | None = None
            try:
                while piece := (yield Read(answer)):
                    for event in reader.feed(piece):
                        failures = 0
                        yield Item(event)
            except httpx.TransportError as error:
                failure = error
            yield Close(answer)
            if reader.ended:
                return
            if failures >= _RECONNECTS.retries:
                raise unreachable(failure or httpx.ReadError("the stream of events breaks off"))
            yield Pause(_RECONNECTS.pause_s(failures))
            failures += 1


def _report(data: dict[str, Any]) -> Report:
    return Report(
        stage=str(data.get("stage", "")),
        done=int(data.get("done") or 0),
        total=int(data.get("total") or 0),
        note=str(data.get("note") or ""),
    )

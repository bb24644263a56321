"""The devices that are connected to this process, and what they were asked to record.

Everything here happens on the server's event loop and is forgotten when the process ends: a device
connects again, and whoever asked for a recording asks again. With several processes a device can
only be asked through the one it is connected to.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from tinsmith.server.devices.messages import Alive, Failed, Progress, Started, Uploading
from tinsmith.server.errors import ConflictError, NotFoundError
from tinsmith.store.tables import now

State = Literal["waiting", "recording", "uploading", "finished", "failed", "cancelled", "timed_out"]
ACTIVE: tuple[State, ...] = ("waiting", "recording", "uploading")
# A device that records says something at least this often.
SILENCE_S = 15.0
# Requests that are remembered, and events that a page may be behind.
_REMEMBERED = 1000
_BEHIND = 1000


@dataclass(frozen=True)
class Wanted:
    """A recording that somebody wants.

    Args:
        sensor: The device's name of what it records with.
        length_ms: How long.
        frequency_hz: How fast; None leaves it to the device.
        label: Its label; None lets the file's name decide.
        category: Part of the data set it goes into.
    """

    sensor: str
    length_ms: float
    frequency_hz: float | None = None
    label: str | None = None
    category: str = "training"


@dataclass
class Sampling:
    """A request to record and how it goes."""

    project_id: int
    device_id: int
    identifier: str
    wanted: Wanted
    created_by: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = "waiting"
    progress: float = 0.0
    sample_id: int | None = None
    error: str | None = None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        plain = {**asdict(self), **asdict(self.wanted)}
        return {name: value for name, value in plain.items() if name != "wanted"}

    def request(self) -> dict[str, Any]:
        """The message to the device."""
        headers = {"x-device": self.identifier, "x-sampling-request": self.id,
                   "x-category": self.wanted.category}  # fmt: skip
        if self.wanted.label is not None:
            headers["x-label"] = self.wanted.label
        path = f"/api/v1/projects/{self.project_id}/samples/file"
        upload = {"method": "POST", "path": path, "headers": headers}
        return {"type": "sample", "request_id": self.id, **asdict(self.wanted), "upload": upload}


class Link:
    """A connected device; what it is told waits in `outbox`, None ends the connection."""

    def __init__(self, project_id: int, device_id: int, identifier: str) -> None:
        self.project_id = project_id
        self.device_id = device_id
        self.identifier = identifier
        self.outbox: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def tell(self, message: dict[str, Any]) -> None:
        """Sends a message."""
        self.outbox.put_nowait(message)

    def end(self) -> None:
        """Ends the connection once everything is said."""
        self.outbox.put_nowait(None)


Event = dict[str, Any]


class Hub:
    """Connected devices, requests and those who watch them.

    Args:
        silence_s: How long a device that was asked to record may say nothing.
    """

    def __init__(self, silence_s: float = SILENCE_S) -> None:
        self.silence_s = silence_s
        self._links: dict[int, Link] = {}
        self._samplings: dict[str, Sampling] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._watchers: dict[int, set[asyncio.Queue[Event | None]]] = defaultdict(set)

    def connect(self, link: Link) -> None:
        """Takes a device in; an older connection of the same one is ended."""
        older = self._links.get(link.device_id)
        self._links[link.device_id] = link
        if older is not None:
            older.end()
            self._fail_all(link.device_id, "the device connected anew")
        self._tell_device(link, connected=True)

    def disconnect(self, link: Link) -> bool:
        """Lets go of a device; whether it was not replaced by a newer connection of its own."""
        if self._links.get(link.device_id) is not link:
            return False
        del self._links[link.device_id]
        self._fail_all(link.device_id, "the device disconnected")
        self._tell_device(link, connected=False)
        return True

    def drop(self, device_id: int) -> None:
        """Ends the connection of a device that was deleted."""
        link = self._links.get(device_id)
        if link is not None:
            link.end()

    def is_connected(self, device_id: int) -> bool:
        """Whether a device is connected to this process."""
        return device_id in self._links

    def ask(self, sampling: Sampling) -> None:
        """Asks a device to record.

        Raises:
            ConflictError: It is not connected to this process, or is recording already.
        """
        link = self._links.get(sampling.device_id)
        if link is None:
            raise ConflictError(
                "the device is not connected",
                hint="start its client; with several servers, ask the one it is connected to",
            )
        if self._active(sampling.device_id):
            raise ConflictError(
                "the device is recording already", hint="wait until it has finished, or cancel it"
            )
        self._forget_old()
        self._samplings[sampling.id] = sampling
        link.tell(sampling.request())
        self._wait(sampling)
        self._tell_sampling(sampling)

    def find(self, project_id: int, device_id: int, request_id: str) -> Sampling:
        """A request.

        Raises:
            NotFoundError: There is none, or the server has forgotten it.
        """
        found = self._samplings.get(request_id)
        if found is None or (found.project_id, found.device_id) != (project_id, device_id):
            raise NotFoundError(
                f"the device has no request {request_id}",
                hint="requests are forgotten when the server starts anew",
            )
        return found

    def of_device(self, project_id: int, device_id: int) -> list[Sampling]:
        """The requests to a device that are remembered, newest first."""
        found = [
            item
            for item in self._samplings.values()
            if (item.project_id, item.device_id) == (project_id, device_id)
        ]
        return found[::-1]

    def cancel(self, sampling: Sampling) -> None:
        """Tells the device that a recording is no longer wanted.

        Raises:
            ConflictError: It has ended already.
        """
        if sampling.state not in ACTIVE:
            raise ConflictError(f"the recording is {sampling.state} already")
        link = self._links.get(sampling.device_id)
        if link is not None:
            link.tell({"type": "cancel", "request_id": sampling.id})
        self._end(sampling, "cancelled")

    def heard(self, link: Link, message: Any) -> None:
        """Takes what a device says; what it says of requests that are over is not needed."""
        for active in self._active(link.device_id):
            self._wait(active)
        if isinstance(message, Alive):
            return
        sampling = self._samplings.get(message.request_id)
        if sampling is None or sampling.device_id != link.device_id:
            return
        if sampling.state not in ACTIVE:
            return
        if isinstance(message, Failed):
            self._end(sampling, "failed", message.message or "the device gave no reason")
            return
        if isinstance(message, Started | Progress):
            sampling.state = "recording"
            sampling.progress = message.fraction if isinstance(message, Progress) else 0.0
        elif isinstance(message, Uploading):
            sampling.state, sampling.progress = "uploading", 1.0
        # What is finished is known when the recording has arrived.
        self._changed(sampling)

    def arrived(self, project_id: int, request_id: str, sample_id: int | None) -> None:
        """Notes that the recording of a request was uploaded."""
        sampling = self._samplings.get(request_id)
        if sampling is None or sampling.project_id != project_id or sampling.state not in ACTIVE:
            return
        sampling.sample_id, sampling.progress = sample_id, 1.0
        self._end(sampling, "finished")

    def watch(self, project_id: int) -> asyncio.Queue[Event | None]:
        """The events of a project from now on; None is the last."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(_BEHIND)
        self._watchers[project_id].add(queue)
        for sampling in self._samplings.values():
            if sampling.project_id == project_id and sampling.state in ACTIVE:
                queue.put_nowait({"kind": "sampling", **sampling.shown()})
        return queue

    def unwatch(self, project_id: int, queue: asyncio.Queue[Event | None]) -> None:
        """Ends what `watch` began."""
        self._watchers[project_id].discard(queue)
        if not self._watchers[project_id]:
            del self._watchers[project_id]

    def close(self) -> None:
        """Ends all connections and streams, as the server stops."""
        for link in list(self._links.values()):
            link.end()
        for queues in self._watchers.values():
            for queue in queues:
                _end_queue(queue)
        for timer in self._timers.values():
            timer.cancel()

    def _active(self, device_id: int) -> list[Sampling]:
        return [
            item
            for item in self._samplings.values()
            if item.device_id == device_id and item.state in ACTIVE
        ]

    def _wait(self, sampling: Sampling) -> None:
        """Gives a device time until its next word."""
        if timer := self._timers.pop(sampling.id, None):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[sampling.id] = loop.call_later(self.silence_s, self._silent, sampling)

    def _silent(self, sampling: Sampling) -> None:
        link = self._links.get(sampling.device_id)
        if link is not None:
            link.tell({"type": "cancel", "request_id": sampling.id})
        text = f"the device said nothing for {self.silence_s:g} s while {sampling.state}"
        self._end(sampling, "timed_out", text)

    def _fail_all(self, device_id: int, reason: str) -> None:
        for sampling in self._active(device_id):
            self._end(sampling, "failed", reason)

    def _end(self, sampling: Sampling, state: State, error: str | None = None) -> None:
        if timer := self._timers.pop(sampling.id, None):
            timer.cancel()
        sampling.state, sampling.error = state, error
        self._changed(sampling)

    def _changed(self, sampling: Sampling) -> None:
        sampling.updated_at = now()
        self._tell_sampling(sampling)

    def _tell_sampling(self, sampling: Sampling) -> None:
        self._publish(sampling.project_id, {"kind": "sampling", **sampling.shown()})

    def _tell_device(self, link: Link, *, connected: bool) -> None:
        event = {
            "kind": "device",
            "device_id": link.device_id,
            "identifier": link.identifier,
            "connected": connected,
        }
        self._publish(link.project_id, event)

    def _publish(self, project_id: int, event: Event) -> None:
        for queue in self._watchers.get(project_id, ()):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                # A page that is so far behind begins anew.
                _end_queue(queue)

    def _forget_old(self) -> None:
        ended = [key for key, item in self._samplings.items() if item.state not in ACTIVE]
        for key in ended[: max(0, len(self._samplings) - _REMEMBERED)]:
            del self._samplings[key]


def _end_queue(queue: asyncio.Queue[Event | None]) -> None:
    while queue.full():
        queue.get_nowait()
    queue.put_nowait(None)

"""Kills at random moments: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import io
import itertools
import os
import random
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tinsmith.core.hashing import hash_bytes
from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.server.samples.small import SMALL_BYTES
from tinsmith.server.secrets_ import hash_secret, new_api_key
from tinsmith.server.settings import Settings
from tinsmith.server.start import opened
from tinsmith.signals import encode_acquisition
from tinsmith.store.blobs import open_blobs
from tinsmith.store.database import Database, open_database
from tinsmith.store.tables import (
    ApiKey,
    Deployment,
    Job,
    Model,
    SampleCount,
    SampleRow,
    User,
)

# The whole proof is `TINSMITH_KILLS=50`; every run of the tests repeats part of it.
KILLS = int(os.environ.get("TINSMITH_KILLS", "12"))
HOST = "127.0.0.1"
# At most so many recordings are sent between two kills, some of them in forms.
SENT_PER_ROUND = 25
IN_A_FORM = 3
UPLOADING_S = 0.15
# Makes a form large enough to be taken in by a process of its own; it is no recording.
BULK = ("files", ("bulk.wav", b"RIFF" + bytes(SMALL_BYTES)))
DESIGN: dict[str, Any] = {
    "name": "Movements",
    "input": {"type": "time-series", "window_ms": 1000, "stride_ms": 1000, "interval_ms": 10},
    "processing": [{"id": "statistics", "type": "flatten"}],
    "learning": [
        {
            "id": "network",
            "type": "classification",
            "network": [{"type": "dense", "units": 6}],
            "training": {"epochs": 3, "threads": 1},
        }
    ],
}
ENDED = {"succeeded", "failed", "cancelled", "interrupted"}


@dataclass
class Victim:
    """A server that is killed and started again on one data folder."""

    data: Path
    key: str
    project: int
    impulse: int = 0
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=httpx.Client)
    # Content of every upload that was answered with a success.
    acknowledged: dict[int, str] = field(default_factory=dict)
    # Where jobs run, if not on this machine alone.
    cluster: Any = None

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        with closing(socket.socket()) as free:
            free.bind((HOST, 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "tinsmith.cli", "up", "--max-jobs", "2"]
        if self.cluster:
            command += ["--engine", self.cluster.address]
        self.process = subprocess.Popen(
            [*command, "--data", str(self.data), "--port", str(port)], stderr=subprocess.DEVNULL
        )
        self.client = httpx.Client(
            base_url=f"http://{HOST}:{port}/api/v1", headers={"x-api-key": self.key}, timeout=60
        )
        while not listens(port):
            assert self.process.poll() is None
            time.sleep(0.02)
        assert self.client.get("/health").status_code == 200

    def workers(self) -> list[psutil.Process]:
        """The processes that run jobs now, and their keepers."""
        found = []
        # The server and the nodes of a cluster were all started here.
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "tinsmith.jobs.worker" in child.cmdline():
                    found.append(child)
        return found

    def receivers(self) -> list[psutil.Process]:
        """The processes that take large uploads in now."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                if any("spawn_main" in part for part in child.cmdline()):
                    found.append(child)
        return found

    def kill(self) -> None:
        """Kills the server; what it started must follow by itself."""
        assert self.process is not None
        started = [
            *self.receivers(),
            *(part for own in self.workers() for part in (own, *own.children(recursive=True))),
        ]
        self.process.kill()
        self.process.wait()
        self.client.close()
        _, alive = psutil.wait_procs(started, timeout=20)
        assert alive == [], "processes outlive their server"

    def url(self, path: str) -> str:
        """The address of something in the project."""
        return f"/projects/{self.project}/{path}"

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """Sends a document and gives the answer."""
        response = self.client.post(self.url(path), json=body)
        assert response.status_code < 300, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs."""
        response = self.client.get(self.url("jobs"), params={"limit": 1000})
        found: list[dict[str, Any]] = response.json()["items"]
        return found

    def send(self, sample: Sample) -> bool:
        """Uploads a recording; False once the server is gone."""
        data = encode_acquisition(sample.load_signal())
        headers = {"x-file-name": f"{sample.name}.cbor"}
        try:
            response = self.client.post(self.url("samples/file"), content=data, headers=headers)
        except httpx.HTTPError:
            return False
        assert response.status_code == 201, response.text
        self.acknowledged[response.json()["files"][0]["sample_id"]] = hash_bytes(data)
        return True

    def send_form(self, samples: Sequence[Sample]) -> bool:
        """Uploads recordings in one large form; False once the server is gone."""
        data = [encode_acquisition(sample.load_signal()) for sample in samples]
        parts = [
            ("files", (f"{sample.name}.cbor", item))
            for sample, item in zip(samples, data, strict=True)
        ]
        try:
            response = self.client.post(self.url("samples"), files=[BULK, *parts])
        except httpx.HTTPError:
            return False
        if response.status_code in (422, 503):  # what took it in was killed: nothing was promised
            assert "ended abruptly" in response.text
            return True
        assert response.status_code == 201, response.text
        bulk, *reports = response.json()["files"]
        assert bulk["status"] == "failed"
        for report, item in zip(reports, data, strict=True):
            self.acknowledged[report["sample_id"]] = hash_bytes(item)
        return True


def listens(port: int) -> bool:
    """Whether somebody answers at a port."""
    with closing(socket.socket()) as own:
        return own.connect_ex((HOST, port)) == 0


@pytest.fixture(params=["processes", "cluster"])
def cluster(
    request: pytest.FixtureRequest, open_cluster: Callable[..., AbstractContextManager[Any]]
) -> Iterator[Any]:
    """A cluster of two nodes that can be lost; None where jobs are processes of the server."""
    if request.param == "processes":
        yield None
        return
    with open_cluster(head_cores=0, nodes=2) as found:
        yield found


@pytest.fixture
def victim(tmp_path: Path, cluster: Any) -> Iterator[Victim]:
    """A server that runs, with an empty project."""
    folder = tmp_path / "data"
    with opened(Settings(folder)) as server:
        secret = new_api_key()
        database = server.context.database
        with database.write() as session:
            user = session.scalar(select(User.id).order_by(User.id))
            key = ApiKey(
                user_id=user,
                name="tests",
                scope="admin",
                prefix="",
                secret_hash=hash_secret(secret),
            )
            session.add(key)
        database.close()
    found = Victim(folder, secret, 0, cluster=cluster)
    found.start()
    found.project = found.client.post("/projects", json={"name": "Crashes"}).json()["id"]
    found.impulse = found.ask("impulses", design=DESIGN)["id"]
    yield found
    found.client.close()
    assert found.process is not None
    found.process.terminate()
    found.process.wait()


def retry_interrupted(victim: Victim) -> int:
    """Starts again what was interrupted; how many."""
    jobs = victim.jobs()
    repeated = {job["retry_of"] for job in jobs}
    again = [j for j in jobs if j["state"] == "interrupted" and j["id"] not in repeated]
    for job in again:
        victim.ask(f"jobs/{job['id']}/retry")
    return len(again)


def keep_busy(victim: Victim) -> None:
    """Sees to it that one job of each kind runs, interrupted ones first."""
    retry_interrupted(victim)
    busy = {job["kind"] for job in victim.jobs() if job["state"] not in ENDED}
    for kind in {"train", "deploy"} - busy:
        start(victim, kind)


def start(victim: Victim, kind: str) -> None:
    if kind == "train":
        victim.ask("jobs/train", impulse_id=victim.impulse)
    else:
        victim.ask("deployments", impulse_id=victim.impulse, target="host", form="cpp-library")


def running(database: Database) -> set[str]:
    """The kinds of jobs that run."""
    with database.read() as session:
        return set(session.scalars(select(Job.kind).where(Job.state == "running")))


def cut_off(database: Database) -> list[int]:
    """Jobs that count as running although the server that ran them was killed."""
    with database.read() as session:
        beats = session.execute(select(Job.id, Job.started_at).where(Job.state == "running")).all()
        ended = session.scalar(select(func.max(Job.ended_at)).where(Job.state == "interrupted"))
    return [row.id for row in beats if ended is not None and row.started_at < ended]


def check_nothing_is_half_there(victim: Victim, database: Database) -> None:
    """What must be true of a data folder at any moment, read past the server."""
    with database.read() as session:
        rows = pairs(session, SampleRow.id, SampleRow.content_hash)
        counted = session.scalar(select(func.sum(SampleCount.samples)))
        states = pairs(session, Job.id, Job.state)
        kinds = pairs(session, Job.id, Job.kind)
        models = Counter(session.scalars(select(Model.job_id)))
        packages = Counter(session.scalars(select(Deployment.job_id)))
        numbers = sorted(session.scalars(select(Deployment.number)))
    lost = {n: content for n, content in victim.acknowledged.items() if rows.get(n) != content}
    assert lost == {}
    assert (counted or 0) == len(rows)
    for number, state in states.items():
        done = 1 if state == "succeeded" else 0
        assert models[number] == (done if kinds[number] == "train" else 0), (number, state)
        assert packages[number] == (done if kinds[number] == "deploy" else 0), (number, state)
    assert numbers == list(range(1, len(numbers) + 1))


def pairs(session: Session, key: Any, value: Any) -> dict[Any, Any]:
    """One column by another."""
    return {row[0]: row[1] for row in session.execute(select(key, value))}


def check_content(victim: Victim, database: Database) -> int:
    """Every blob is what its name says, and every row has its blobs; how many there are."""
    blobs = open_blobs(str(victim.data / "blobs"))
    assert list(blobs.verify()) == []
    present = set(blobs.hashes())
    with database.read() as session:
        needed = set(session.scalars(select(SampleRow.content_hash)))
        for files in session.scalars(select(Model.files)):
            needed |= set(files.values())
        packages = list(session.scalars(select(Deployment.blob_hash)))
    assert needed | set(packages) <= present
    for package in packages:
        assert zipfile.ZipFile(io.BytesIO(blobs.get(package))).testzip() is None
    return len(present)


def recordings(make: Callable[..., tuple[Sample, ...]]) -> Iterator[Sample]:
    """Recordings without end, each with content of its own."""
    kept = make(300, seconds=1.0)
    for number in itertools.count():
        base = kept[number % len(kept)]
        signal = base.load_signal()
        values = signal.values.copy()
        values[0, 0] = number
        changed = replace(signal, values=values)
        yield sample_from_signal(changed, name=f"{base.label}.{number:06d}", label=base.label)


@contextmanager
def uploading(victim: Victim, fresh: Iterator[Sample]) -> Iterator[threading.Thread]:
    """Sends recordings meanwhile, until the block ends or the server is gone."""
    enough = threading.Event()

    def send() -> None:
        kept = itertools.islice(fresh, SENT_PER_ROUND)
        for sample in kept:
            together = tuple(itertools.islice(kept, IN_A_FORM))
            if (
                enough.is_set()
                or not victim.send(sample)
                or (together and not victim.send_form(together))
            ):
                return

    thread = threading.Thread(target=send)
    thread.start()
    yield thread
    enough.set()
    thread.join()


def kill_something(victim: Victim, chance: random.Random) -> str:
    """Kills the server, one of the processes it has started, or a node of the cluster."""
    if victim.cluster and chance.random() < 0.5:
        lost = chance.choice(sorted(victim.cluster.worker_nodes, key=lambda node: node.unique_id))
        victim.cluster.remove_node(lost, allow_graceful=False)
        victim.cluster.add_node(num_cpus=1)
        return "node"
    workers = victim.workers()
    if workers and chance.random() < 0.6:
        with suppress(psutil.NoSuchProcess):
            chance.choice(workers).kill()
        return "worker"
    receivers = victim.receivers()
    if receivers and chance.random() < 0.4:
        with suppress(psutil.NoSuchProcess):
            chance.choice(receivers).kill()
        return "receiver"
    victim.kill()
    return "server"


def finish_everything(victim: Victim) -> list[dict[str, Any]]:
    """Runs what waits, and again what was interrupted, until all is done."""
    while True:
        for job in victim.jobs():
            if job["state"] not in ENDED:
                victim.client.get(victim.url(f"jobs/{job['id']}/stream"), timeout=120)
        if not retry_interrupted(victim):
            return victim.jobs()


@pytest.mark.slow
def test_kills_lose_nothing_and_leave_nothing_half_done(
    victim: Victim,
    motion_samples: Callable[..., tuple[Sample, ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(4)
    fresh = recordings(motion_samples)
    assert all(victim.send(sample) for sample in itertools.islice(fresh, 24))
    for kind in ("train", "deploy"):
        start(victim, kind)
        assert finish_everything(victim)[0]["state"] == "succeeded"

    began = time.monotonic()
    database = open_database(f"sqlite:///{victim.data / 'tinsmith.sqlite'}")
    during: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    # A node needs seconds to start a job.
    kills, longest_s = (KILLS // 4, 8.0) if victim.cluster else (KILLS, 1.6)
    for _ in range(kills):
        keep_busy(victim)
        wait_s = chance.uniform(0.0, longest_s)
        # Uploads are over soon: they begin just before.
        time.sleep(max(0.0, wait_s - UPLOADING_S))
        with uploading(victim, fresh) as uploads:
            time.sleep(min(wait_s, UPLOADING_S))
            during["upload"] += uploads.is_alive()
            during.update(running(database))
            who = kill_something(victim, chance)
        killed[who] += 1
        if who == "server":
            check_nothing_is_half_there(victim, database)
            victim.start()
            assert cut_off(database) == []
        check_nothing_is_half_there(victim, database)

    jobs = finish_everything(victim)
    check_nothing_is_half_there(victim, database)
    blobs = check_content(victim, database)
    database.close()
    states = Counter(job["state"] for job in jobs)
    last = [job for job in jobs if job["id"] not in {other["retry_of"] for other in jobs}]
    assert set(states) == {"succeeded", "interrupted"}
    assert {job["state"] for job in last} == {"succeeded"}
    assert all(job["error"]["hint"] for job in jobs if job["state"] == "interrupted")
    lines = [
        f"{kills} kills in {time.monotonic() - began:.0f} s: {dict(killed)}",
        f"at those moments: {dict(during)}",
        f"samples acknowledged: {len(victim.acknowledged)}, lost: 0",
        f"blobs: {blobs}, damaged: 0",
        f"jobs: {dict(states)}, half-applied: 0, succeeded in the end: {len(last)}",
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")

"""A server whose jobs run on a cluster gives what one on this machine gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tinsmith.store.tables import Model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(open_cluster: Callable[..., AbstractContextManager[Any]]) -> Iterator[Any]:
    """A cluster of two nodes with one core each."""
    with open_cluster(head_cores=1, nodes=1) as found:
        yield found


def test_a_cluster_trains_the_same_network(
    cluster: Any, open_server: Callable[..., Any], open_workshop: Callable[[Any], Any]
) -> None:
    files = []
    for engine in ("local", cluster.address):
        server = open_server(engine=engine)
        shop = open_workshop(server)
        shop.upload(150)
        job = shop.start("train")
        events = shop.events(job)
        done = shop.job(job)
        assert done["state"] == "succeeded", events
        assert done["result"]["recordings_computed"] == 150
        assert sum(event["kind"] == "metric" for event in events) == 4
        with server.context.database.read() as session:
            files.append(session.get_one(Model, done["result"]["model_id"]).files)
    assert files[0] == files[1]


def test_a_job_of_a_cluster_is_cancelled(
    cluster: Any, open_server: Callable[..., Any], open_workshop: Callable[[Any], Any]
) -> None:
    shop = open_workshop(open_server(engine=cluster.address))
    shop.upload(24)
    job = shop.start("train")
    shop.server.client.post(f"/api/v1/projects/{shop.project}/jobs/{job}/cancel")
    assert shop.events(job)[-1]["data"]["state"] == "cancelled"
    assert shop.job(job)["error"]["code"] == "cancelled"

"""A server whose jobs run on a cluster gives what one on this machine gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tinsmith.store.tables import Model

pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    # Ray leaves sockets and files to the end of the process.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two nodes with one core each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray
        from ray.cluster_utils import Cluster

        found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        found.add_node(num_cpus=1)
        found.wait_for_nodes()
        yield found
        ray.shutdown()
        found.shutdown()


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

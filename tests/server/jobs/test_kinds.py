"""Every kind of job does its work, says what it does and stores all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from tinsmith.store.tables import Model

pytestmark = pytest.mark.slow


def metrics(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event["data"] for event in events if event["kind"] == "metric"]


def test_training_says_how_every_epoch_went_as_it_goes(workshop: Any) -> None:
    job = workshop.start("train")
    events = workshop.events(job)
    found = metrics(events)
    assert [item["name"] for item in found] == ["epoch"] * 4
    assert [item["values"]["epoch"] for item in found] == [1, 2, 3, 4]
    assert {"loss", "metric", "validation_loss"} <= set(found[0]["values"])
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["data"]["state"] == "succeeded"
    done = workshop.job(job)
    assert done["result"]["recordings_computed"] == 24
    assert done["error"] is None


def test_a_network_from_the_cache_shows_its_epochs_too(workshop: Any) -> None:
    first = metrics(workshop.events(workshop.start("train")))
    again = workshop.start("train")
    events = workshop.events(again)
    assert metrics(events) == first
    assert "comes from the cache" in str(events)
    assert workshop.job(again)["result"]["recordings_computed"] == 0


def test_adding_ten_recordings_to_a_thousand_computes_ten(server: Any, open_workshop: Any) -> None:
    shop = open_workshop(server)
    shop.upload(1000)
    first = shop.finish("features")
    assert first["state"] == "succeeded", first
    assert first["result"]["recordings_computed"] == 1000
    shop.upload(10)
    job = shop.start("retrain", test=False)
    events = shop.events(job)
    result = shop.job(job)["result"]
    assert (result["recordings_computed"], result["recordings_cached"]) == (10, 1000)
    lines = [event["data"]["text"] for event in events if event["kind"] == "log"]
    assert "Features: 10 recordings computed, 1000 from the cache" in lines
    with server.context.database.read() as session:
        model = session.get_one(Model, result["model_id"])
    assert model.counters == {"recordings_computed": 10, "recordings_cached": 1000}


def test_retraining_takes_the_default_impulse_and_tests_it(workshop: Any) -> None:
    done = workshop.finish("retrain", impulse_id=None)
    assert done["state"] == "succeeded", done
    assert done["arguments"] == {"impulse_id": workshop.impulse, "test": True}
    assert len(done["result"]["test_result_ids"]) == 2
    assert done["result"]["model_id"]


def test_a_trained_impulse_is_tested_profiled_and_packaged(workshop: Any) -> None:
    assert workshop.finish("train")["state"] == "succeeded"
    tested = workshop.finish("test")
    assert len(tested["result"]["test_result_ids"]) == 2
    profiled = workshop.finish("profile", target="cortex-m4f")
    assert profiled["result"]["profile_id"], profiled
    packaged = workshop.finish("deploy", target="host", form="cpp-library")
    assert packaged["result"]["number"] == 1, packaged


def test_a_job_that_cannot_be_done_says_why_and_stores_nothing(workshop: Any) -> None:
    failed = workshop.finish("test")
    assert failed["state"] == "failed"
    assert failed["result"] is None
    assert failed["error"] == {
        "code": "unusable",
        "message": "the impulse 'Movements' has not been trained",
        "hint": "train it first",
    }

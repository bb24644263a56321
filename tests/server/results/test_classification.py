"""Live classification of stored and uploaded samples."""

from __future__ import annotations

from typing import Any

import pytest

from tinsmith.signals import encode_acquisition

pytestmark = pytest.mark.slow


@pytest.fixture
def model(trained: Any) -> int:
    return int(trained.get("models", impulse_id=trained.impulse)["items"][-1]["id"])


def _classify(trained: Any, model: int, **body: Any) -> Any:
    return trained.server.client.post(trained.url(f"models/{model}/classify"), json=body)


def test_a_stored_sample_is_classified_as_its_test_said(trained: Any, model: int) -> None:
    number = trained.testing[0]
    for variant in ("float32", "int8"):
        response = _classify(trained, model, sample_id=number, variant=variant)
        assert response.status_code == 200, response.text
        found = response.json()
        test = trained.get("test-results", model_id=model, variant=variant)["items"][0]["id"]
        tested = trained.get(f"test-results/{test}/windows", sample_id=number)["items"]
        assert [w["decision"] for w in found["windows"]] == [w["decision"] for w in tested]
        for window, row in zip(found["windows"], tested, strict=True):
            assert list(window["scores"].values()) == pytest.approx(row["scores"], abs=1e-5)
        assert sum(found["summary"].values()) == 7


def test_an_uploaded_file_is_classified_and_not_kept(trained: Any, model: int, motion: Any) -> None:
    signal = motion("turning", 77, 2.0)
    url = trained.url(f"models/{model}/classify-file")
    before = trained.get("samples/counts")
    files = {"file": ("new.cbor", encode_acquisition(signal))}
    response = trained.server.client.post(url, files=files)
    assert response.status_code == 200, response.text
    found = response.json()
    assert len(found["windows"]) == 7
    assert next(iter(found["summary"])) == "turning"
    assert len(found["windows"][0]["features"]) > 10
    assert trained.get("samples/counts") == before


def test_a_long_recording_is_classified_by_a_job(trained: Any, model: int, motion: Any) -> None:
    signal = motion("rattling", 78, 120.0)
    files = {"file": ("long.cbor", encode_acquisition(signal))}
    url = trained.url(f"models/{model}/classify-file")
    response = trained.server.client.post(url, files=files, data={"variant": "float32"})
    assert response.status_code == 202, response.text
    number = trained.follow(response.json()["id"])["classification_id"]
    found = trained.get(f"classifications/{number}")
    assert len(found["windows"]) == (120_000 - 500) // 250 + 1
    assert found["variant"] == "float32"
    assert found["model_id"] == model


def test_a_recording_that_does_not_fit_is_refused(trained: Any, model: int, sound: Any) -> None:
    files = {"file": ("sound.cbor", encode_acquisition(sound("hum", 1)))}
    url = trained.url(f"models/{model}/classify-file")
    response = trained.server.client.post(url, files=files)
    assert response.status_code == 422
    files = {"file": ("sound.wav", b"RIFF but not really")}
    assert trained.server.client.post(url, files=files).status_code == 422


def test_samples_of_other_projects_are_not_classified(trained: Any, model: int) -> None:
    assert _classify(trained, model, sample_id=10**9).status_code == 404
    assert _classify(trained, 10**9, sample_id=trained.testing[0]).status_code == 404

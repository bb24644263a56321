"""Test results: judged at any thresholds, listed by sample and by window, marked when stale."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def result(trained: Any) -> int:
    found = trained.get("test-results", impulse_id=trained.impulse, variant="int8")["items"]
    return int(found[0]["id"])


def _all(trained: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = trained.get(path, **query, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_the_confusion_matrix_is_that_of_the_windows(trained: Any, result: int) -> None:
    rescored = trained.get(f"test-results/{result}")["rescored"]
    windows = _all(trained, f"test-results/{result}/windows", limit=10)
    assert len(windows) == rescored["count"] == 6 * 7
    for row, counts in zip(rescored["rows"], rescored["confusion"], strict=True):
        for column, count in zip(rescored["columns"], counts, strict=True):
            found = [w for w in windows if (w["label"], w["decision"]) == (row, column)]
            assert len(found) == count
    assert rescored["accuracy"] == sum(w["is_right"] for w in windows) / len(windows)


def test_a_higher_confidence_makes_windows_uncertain_without_a_job(
    trained: Any, result: int
) -> None:
    path, limits = f"test-results/{result}", {"minimum_confidence": 0.999}
    plain = trained.get(path, anomaly=1e9)["rescored"]
    strict = trained.get(path, anomaly=1e9, **limits)["rescored"]
    assert plain["certain"] == 1
    assert strict["certain"] < 1
    uncertain = _all(trained, f"{path}/windows", only="uncertain", anomaly=1e9, **limits)
    assert len(uncertain) == round((1 - strict["certain"]) * strict["count"])
    assert all(max(w["scores"]) < 0.999 for w in uncertain)


def test_every_window_is_an_anomaly_below_the_lowest_score(trained: Any, result: int) -> None:
    found = trained.get(f"test-results/{result}", anomaly=-1e9)["rescored"]
    odd = found["columns"].index("anomaly")
    assert sum(row[odd] for row in found["confusion"]) == found["count"]
    samples = trained.get(f"test-results/{result}/samples", anomaly=-1e9, only="anomaly")["items"]
    assert len(samples) == 6


def test_saved_thresholds_count_until_they_are_deleted(trained: Any, result: int) -> None:
    client = trained.server.client
    url = trained.url(f"impulses/{trained.impulse}/thresholds")
    before = trained.get(f"test-results/{result}")["rescored"]
    saved = {"minimum_confidence": 1.0, "anomaly": 1e9, "largest_error": 0.0}
    assert client.put(url, json=saved).json()["thresholds"] == saved
    assert trained.get(f"test-results/{result}")["rescored"]["thresholds"] == saved
    asked = trained.get(f"test-results/{result}", minimum_confidence=0)["rescored"]
    assert asked["thresholds"] == {**saved, "minimum_confidence": 0.0}
    assert client.delete(url).status_code == 204
    assert trained.get(f"test-results/{result}")["rescored"] == before


def test_samples_with_most_wrong_windows_come_first(trained: Any, result: int) -> None:
    query = {"minimum_confidence": 0.9, "anomaly": 1e9}
    samples = _all(trained, f"test-results/{result}/samples", limit=4, **query)
    shares = [item["right"] / item["windows"] for item in samples]
    assert shares == sorted(shares)
    assert {item["sample_id"] for item in samples} == set(trained.testing)
    wrong = _all(trained, f"test-results/{result}/samples", only="wrong", **query)
    assert wrong == [item for item in samples if item["right"] < item["windows"]]


def test_windows_are_filtered_by_label_decision_and_sample(trained: Any, result: int) -> None:
    path = f"test-results/{result}/windows"
    every = _all(trained, path)
    for name in ("label", "decision"):
        found = _all(trained, path, **{name: "turning"})
        assert found == [item for item in every if item[name] == "turning"]
    number = trained.testing[0]
    found = _all(trained, path, sample_id=number)
    assert len(found) == 7
    assert found == [item for item in every if item["sample_id"] == number]


def test_results_are_stale_once_data_or_design_change(trained: Any) -> None:
    client = trained.server.client
    copy = client.post(
        trained.url(f"impulses/{trained.impulse}/clone"), json={"with_model": True}
    ).json()
    number = trained.finish("test", impulse_id=copy["id"])["test_result_ids"][0]
    fresh = trained.get(f"test-results/{number}")
    assert not fresh["design_changed"]
    client.patch(trained.url(f"impulses/{copy['id']}"), json={"name": "Another name"})
    assert not trained.get(f"test-results/{number}")["design_changed"]
    design = copy["design"]
    design["processing"][0]["parameters"] = {"fft_length": 32}
    response = client.put(trained.url(f"impulses/{copy['id']}"), json={"design": design})
    assert response.json()["model_is_stale"], response.text
    assert trained.get(f"test-results/{number}")["design_changed"]


def test_thresholds_that_are_none_are_refused(trained: Any, result: int) -> None:
    url = trained.url(f"test-results/{result}")
    for query in ({"minimum_confidence": 2}, {"anomaly": "nan"}, {"largest_error": -1}):
        assert trained.server.client.get(url, params=query).status_code == 422

"""Samples are found by what is known of them, in a stable order."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tinsmith.core.errors import InputError
from tinsmith.server.samples.schemas import SampleOut
from tinsmith.store import sample_search
from tinsmith.store.sample_query import Term, parse_query


@pytest.fixture
def filled(any_project: Any, wav: Any) -> Any:
    project = any_project
    for number, (name, frames, subject) in enumerate(
        [("on.one", 1600, "7"), ("off.two", 3200, "7"), ("on.three", 16000, "8"),
         ("Off.fo%ur", 800, ""), ("misc", 1600, "")]
    ):  # fmt: skip
        metadata = f'{{"subject": "{subject}"}}' if subject else "{}"
        project.add(wav(number, frames), f"{name}.wav", metadata=metadata,
                    label=name.partition(".")[0].lower() if "." in name else "")  # fmt: skip
    first = project.get("", name="on.one")["items"][0]["id"]
    segment = {"start_index": 0, "end_index": 99, "label": "click"}
    change = {"segments": [segment], "category": "testing", "enabled": False}
    assert project.call("PATCH", f"/{first}", json=change).status_code == 200
    return project


_EVERYTHING = ["on.one", "off.two", "on.three", "Off.fo%ur", "misc"]
_QUERIES: list[tuple[str, list[str]]] = [
    ("", _EVERYTHING),
    ("label:on", ["on.one", "on.three"]),
    ("label:on,off", ["on.one", "off.two", "on.three", "Off.fo%ur"]),
    ("label:click", ["on.one"]),
    ("-label:on", ["off.two", "Off.fo%ur", "misc"]),
    ("label!=on", ["off.two", "Off.fo%ur", "misc"]),
    ('label:""', ["misc"]),
    ("is:unlabelled", ["misc"]),
    ("is:disabled", ["on.one"]),
    ("is:enabled label:on", ["on.three"]),
    ("is:image", []),
    ("subject=7", ["on.one", "off.two"]),
    ("subject=7 label:on", ["on.one"]),
    ("-subject=7", ["on.three", "Off.fo%ur", "misc"]),
    ("meta.subject:8", ["on.three"]),
    ("name:OFF", ["off.two", "Off.fo%ur"]),
    ("on.", ["on.one", "on.three"]),
    ("fo%", ["Off.fo%ur"]),
    ("f_o", []),
    ("name=misc", ["misc"]),
    ("length>=200ms", ["off.two", "on.three"]),
    ("length=0.1s", ["on.one", "misc"]),
    ("length<1min length>0.5s", ["on.three"]),
    ("category:testing", ["on.one"]),
    ("created>2020-01-01 created<2100-01-01T00:00Z", _EVERYTHING),
    ("created<2020-01-01", []),
    ("signature:unsigned", _EVERYTHING),
    ("signature:valid", []),
    ("device:nobody", []),
    ('"on" three', ["on.three"]),
]


@pytest.mark.slow
def test_queries_find_what_they_say(filled: Any) -> None:
    assert [(query, filled.names(query=query)) for query, _ in _QUERIES] == _QUERIES


@pytest.mark.slow
def test_what_many_fulfil_is_found_in_order_and_without_the_trash(
    filled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing counts as few, so numbers are read in their order from where conditions are kept.
    monkeypatch.setattr(sample_search, "_FEW", 0)
    assert [(query, filled.names(query=query)) for query, _ in _QUERIES] == _QUERIES
    gone = ["on.one", "misc"]
    assert filled.post("/bulk-delete", {"select": {"query": "name=on.one,misc"}}) == {"changed": 2}
    for query, names in _QUERIES:
        left = [name for name in names if name not in gone]
        assert filled.names(query=query) == left
        newest = filled.get("", order="desc", query=query, limit=2)["items"]
        assert [item["name"] for item in newest] == left[::-1][:2]
    assert filled.names(trash="true") == gone


def test_parameters_find_the_same_as_queries(filled: Any) -> None:
    assert filled.names(label=["on", "click"], min_length_ms=500) == ["on.three"]
    assert filled.names(metadata=["subject=7"], enabled=False) == ["on.one"]
    assert filled.names(name="off", max_length_ms=60) == ["Off.fo%ur"]
    assert filled.names(unlabelled=True) == ["misc"]
    assert filled.names(category="testing", signature="unsigned") == ["on.one"]
    assert filled.names(created_from="2100-01-01T00:00:00Z") == []


@pytest.mark.slow
def test_pages_put_together_are_the_list(filled: Any) -> None:
    choices = itertools.product(
        ["id", "name", "length", "created"], ["asc", "desc"], ["", "label:on,off", "name:o"]
    )
    for sort, order, query in choices:
        wanted = {"sort": sort, "order": order, "query": query}
        whole = [item["id"] for item in filled.get("", **wanted)["items"]]
        assert _paged(filled, wanted) == whole
        assert len(whole) == len(set(whole)) > 3


def _paged(filled: Any, wanted: dict[str, str]) -> list[int]:
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = filled.get("", limit=2, **wanted, **cursor)
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_lists_and_samples_are_what_the_document_says(filled: Any) -> None:
    for item in filled.get("")["items"]:
        assert SampleOut.model_validate(item).model_dump(mode="json").keys() == item.keys()
        assert filled.get(f"/{item['id']}") == item


def test_a_cursor_of_another_order_is_refused(filled: Any) -> None:
    cursor = filled.get("", limit=1, sort="name")["next_cursor"]
    for other in ({"sort": "length"}, {"sort": "name", "order": "asc"}, {}):
        assert filled.call("GET", params={"cursor": cursor, **other}).status_code == 422


_MISUNDERSTOOD = (
    "label:", "length>5", "length>1e9s", "created>yesterday", "is:nice", "id:x", '"', "name>5",
    "category:other", "a,,b", " ".join(["x"] * 21),
)  # fmt: skip


@pytest.mark.parametrize("query", _MISUNDERSTOOD)
def test_a_query_that_is_not_understood_says_why(query: str) -> None:
    with pytest.raises(InputError):
        parse_query(query)


def test_the_api_names_the_field_of_a_query_it_does_not_understand(project: Any) -> None:
    for query in _MISUNDERSTOOD:
        response = project.call("GET", params={"query": query})
        assert response.status_code == 422
        assert response.json()["error"]["fields"][0]["path"] == "query.query"


def test_quoted_values_keep_spaces_commas_and_quotes() -> None:
    assert parse_query(r'"my key"="a, \"b\"",c') == (
        Term("metadata", "=", ('a, "b"', "c"), key="my key"),
    )


def test_a_summary_counts_and_warns(filled: Any) -> None:
    summary = filled.get("/summary")
    assert (summary["samples"], summary["disabled"], summary["unlabelled"]) == (5, 1, 1)
    assert summary["length_ms"] == pytest.approx(100 + 200 + 1000 + 50 + 100)
    assert any("testing" in text for text in summary["warnings"])
    counts = filled.get("/counts")
    assert sum(count["samples"] for count in counts) == 5

"""Looking at tables, trying rules on them, and keeping one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TABLE = "Zeit;Wert;Zustand\n" + "".join(
    f"{n * 20};{n},5;{'an' if n > 50 else 'aus'}\n" for n in range(100)
)


@pytest.fixture
def url(server: Any) -> Callable[[str], str]:
    """Addresses in a new project."""
    number = server.project()
    return lambda path: f"/api/v1/projects/{number}/{path}"


def post(server: Any, url: str, data: bytes, name: str = "log.csv", **query: Any) -> Any:
    headers = {"x-file-name": name, "content-type": "application/octet-stream"}
    return server.client.post(url, content=data, headers=headers, params=query)


def test_a_table_is_described_and_a_rule_proposed(server: Any, url: Callable[[str], str]) -> None:
    response = post(server, url("tables/sniff"), TABLE.encode())
    assert response.status_code == 200, response.text
    found = response.json()
    assert (found["delimiter"]["value"], found["decimal"]["value"]) == (";", ",")
    assert [column["name"] for column in found["columns"]] == ["Zeit", "Wert", "Zustand"]
    assert found["rule"]["label_column"] == "Zustand"
    assert all(0 <= found[key]["confidence"] <= 1 for key in ("delimiter", "decimal", "kind"))


def test_a_head_that_ends_within_a_line_is_enough(server: Any, url: Callable[[str], str]) -> None:
    head = TABLE.encode()[:1001]
    found = post(server, url("tables/sniff"), head, is_cut=True).json()
    assert found["delimiter"]["value"] == ";"
    assert found["problems"] == []
    seen = post(server, url("tables/preview"), head, is_cut=True,
                rule=json.dumps(found["rule"])).json()  # fmt: skip
    assert (seen["is_cut"], seen["problems"]) == (True, [])


def test_an_edited_rule_is_shown_before_it_is_kept(server: Any, url: Callable[[str], str]) -> None:
    rule = post(server, url("tables/sniff"), TABLE.encode()).json()["rule"]
    rule |= {"max_rows": 40, "time_column": "Zeit", "time_unit": "ms"}
    seen = post(server, url("tables/preview"), TABLE.encode(), rule=json.dumps(rule), rows=3).json()
    assert [sample["frames"] for sample in seen["samples"]] == [40, 40, 20]
    assert len(seen["rows"]) == 3
    assert seen["roles"] == ["time", "value", "label"]
    assert server.client.get(url("import-rule")).json() == {"rule": None}


def test_the_rule_is_kept_changed_and_forgotten(server: Any, url: Callable[[str], str]) -> None:
    first = server.client.get(url("import-rule"))
    kept = server.client.put(
        url("import-rule"), json={"max_rows": 5}, headers={"If-Match": first.headers["ETag"]}
    )
    assert (kept.status_code, kept.json()["rule"]["max_rows"]) == (200, 5)
    stale = server.client.put(
        url("import-rule"), json={"max_rows": 6}, headers={"If-Match": first.headers["ETag"]}
    )
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "stale")
    assert server.client.get(url("import-rule")).json()["rule"]["max_rows"] == 5
    assert server.client.delete(url("import-rule")).status_code == 204
    assert server.client.get(url("import-rule")).json() == {"rule": None}


@pytest.mark.parametrize(
    "body", [{"max_rows": 1}, {"delimiter": "ab"}, {"nope": 1}, {"units": {"a": "\0"}}, []]
)
def test_rules_that_make_no_sense_are_refused(
    server: Any, url: Callable[[str], str], body: Any
) -> None:
    assert server.client.put(url("import-rule"), json=body).status_code == 422
    response = post(server, url("tables/preview"), b"x,y\n1,2\n", rule=json.dumps(body))
    assert response.status_code == 422, response.text
    assert response.json()["error"]["fields"]


@pytest.mark.parametrize("data", [b"", b"\0\1\2\3", b"PAR1" + bytes(80), b"\xff\xfe\xff"])
def test_what_is_no_table_is_refused(server: Any, url: Callable[[str], str], data: bytes) -> None:
    response = post(server, url("tables/sniff"), data)
    assert response.status_code == 422, response.text
    assert response.json()["error"]["hint"] or response.json()["error"]["message"]


def test_single_uploads_and_batches_are_read_by_the_rule(
    server: Any, url: Callable[[str], str]
) -> None:
    rule = {"delimiter": ";", "decimal": ",", "time_column": "Zeit", "time_unit": "ms",
            "label_column": "Zustand", "labels": "split"}  # fmt: skip
    assert server.client.put(url("import-rule"), json=rule).status_code == 200
    one = post(server, url("samples/file"), TABLE.encode())
    assert (one.status_code, one.json()["added"]) == (201, 2), one.text
    found = server.client.get(url("samples")).json()["items"]
    assert sorted((s["label"], s["frames"]) for s in found) == [("an", 49), ("aus", 51)]
    other = TABLE.replace(",5;", ",7;").encode()
    many = server.client.post(url("samples"), files=[("files", ("b.csv", other))])
    assert (many.status_code, many.json()["added"]) == (201, 2), many.text
    bad = post(server, url("samples/file"), b"Zeit;Wert;Zustand\n0;x;an\n20;y;an\n", "c.csv")
    assert bad.status_code == 422
    assert len(server.client.get(url("samples")).json()["items"]) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "pump-loop-skab/valve1_0.csv", "nab-sensors/machine_temperature_system_failure.csv",
        "room-occupancy/datatest.txt",
    ],
)  # fmt: skip
def test_real_tables_become_samples_by_the_rule_proposed_for_them(
    server: Any, url: Callable[[str], str], shared_data: Path, name: str
) -> None:
    data = (shared_data / name).read_bytes()
    proposal = post(server, url("tables/sniff"), data, Path(name).name)
    assert proposal.status_code == 200, proposal.text
    rule = proposal.json()["rule"]
    assert proposal.json()["problems"] == []
    seen = post(server, url("tables/preview"), data, Path(name).name, rule=json.dumps(rule)).json()
    assert seen["problems"] == []
    assert seen["samples"]
    assert server.client.put(url("import-rule"), json=rule).status_code == 200
    response = post(server, url("samples/file"), data, Path(name).name)
    assert response.status_code == 201, response.text
    assert response.json()["failed"] == 0
    rows = sum(s["frames"] for s in server.client.get(url("samples")).json()["items"])
    assert rows >= 0.8 * (data.count(b"\n") - 1)

"""Nothing that somebody wrote is lost when several people edit the same thing at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.orm.exc import StaleDataError

from tinsmith.server.edits import etag, require_current
from tinsmith.server.errors import StaleError
from tinsmith.store.tables import Project

API = "/api/v1"


@pytest.mark.parametrize("given", [None, "*", '"3"', 'W/"3"', '"1", "3"'])
def test_an_edit_of_what_was_read_is_current(given: str | None) -> None:
    require_current(3, given)


@pytest.mark.parametrize("given", ['"2"', '"33"', "3", ""])
def test_an_edit_of_something_older_is_not(given: str) -> None:
    with pytest.raises(StaleError):
        require_current(3, given)
    assert etag(3) == '"3"'


@pytest.mark.slow
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("thing", ["project", "impulse", "target"])
def test_of_many_edits_at_once_that_name_an_etag_one_wins(server: Any, thing: str) -> None:
    project = f"{API}/projects/{server.project()}"
    impulse = {
        "name": "x",
        "input": {"type": "time-series", "window_ms": 100, "stride_ms": 100, "interval_ms": 10},
        "processing": [{"id": "raw", "type": "raw"}],
        "learning": [{"id": "network", "type": "classification"}],
    }
    made = server.client.post(f"{project}/impulses", json={"design": impulse})
    assert made.status_code == 201, made.text
    number = made.json()["id"]

    def edit(position: int) -> int:
        headers = {"if-match": tag}
        if thing == "project":
            body: dict[str, Any] = {"name": f"Name {position}"}
            return int(server.client.patch(project, json=body, headers=headers).status_code)
        if thing == "target":
            body = {"board": "raspberry-pi-pico", "latency_ms": position + 1}
            return int(
                server.client.put(f"{project}/target", json=body, headers=headers).status_code
            )
        body = {"name": f"Name {position}"}
        url = f"{project}/impulses/{number}"
        return int(server.client.patch(url, json=body, headers=headers).status_code)

    path = {"project": "", "impulse": f"/impulses/{number}", "target": "/target"}[thing]
    tag = server.client.get(project + path).headers["etag"]
    with ThreadPoolExecutor(8) as people:
        counts = Counter(people.map(edit, range(24)))
    assert counts[200] == 1, counts
    assert set(counts) <= {200, 409, 412}
    assert server.client.get(project + path).headers["etag"] == etag(int(tag.strip('"')) + 1)


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_a_row_that_was_changed_after_it_was_read_is_not_written(server: Any) -> None:
    number, database = server.project(), server.context.database
    with database.read() as session:
        read = session.get_one(Project, number)
    with database.write() as session:
        faster = session.get_one(Project, number)
        faster.name, faster.revision = "Faster", faster.revision + 1
    read.name, read.revision = "Slower", read.revision + 1
    with database.write() as session:
        session.add(read)
        with pytest.raises(StaleDataError):
            session.flush()
        session.rollback()
    assert server.client.get(f"{API}/projects/{number}").json()["name"] == "Faster"


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_edits_at_once_of_different_fields_are_all_kept(server: Any) -> None:
    project = f"{API}/projects/{server.project()}"
    bodies = [{"name": "New"}, {"description": "New"}, {"readme": "New"}] * 4

    def edit(body: dict[str, str]) -> int:
        while True:
            response = server.client.patch(project, json=body)
            if response.status_code != 409:
                return int(response.status_code)

    with ThreadPoolExecutor(6) as people:
        assert set(people.map(edit, bodies)) == {200}
    found = server.client.get(project).json()
    assert {found["name"], found["description"], found["readme"]} == {"New"}
    assert found["revision"] == 1 + len(bodies)

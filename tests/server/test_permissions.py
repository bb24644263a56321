"""Every endpoint of the document, with every kind of caller: who may do what.

What is expected is worked out from the table of endpoints (`server/permissions.py`: which
permission an endpoint asks for) and from the tables below (which caller has which permissions),
without the code that decides it in the server.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIWebSocketRoute
from sqlalchemy import JSON, DateTime, insert
from sqlalchemy.orm import Session
from starlette.testclient import TestClient, WebSocketDenialResponse

from tinsmith.server.app import ROUTERS, create_app
from tinsmith.server.permissions import ACCESS
from tinsmith.server.secrets_ import hash_secret
from tinsmith.server.security import COOKIE
from tinsmith.server.settings import Settings
from tinsmith.server.start import opened
from tinsmith.store.tables import (
    ApiKey,
    Base,
    Collaborator,
    Job,
    LoginSession,
    Membership,
    Organization,
    Project,
    User,
    now,
)

NOTHING: frozenset[str] = frozenset()
VIEWER = frozenset({"project.read", "project.people", "deployments.read"})
EDITOR = VIEWER | {"project.edit", "samples.add", "deployments.build"}
OWNER = EDITOR | {"project.manage", "project.restore"}
GUEST = frozenset({"organization.read"})
MEMBER = GUEST | {"organization.people", "organization.create_project"}
ADMIN = MEMBER | {"organization.manage"}
IN_PERSON = frozenset({"account.create", "account.manage"})

# Who they are -> what they may do in the project, and in the organization it belongs to.
PEOPLE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "foreigner": (NOTHING, NOTHING),
    "guest": (NOTHING, GUEST),
    "member": (EDITOR, MEMBER),
    "organization admin": (OWNER, ADMIN),
    "viewer": (VIEWER, NOTHING),
    "editor": (EDITOR, NOTHING),
    "owner": (OWNER, NOTHING),
    "administrator": (OWNER, ADMIN),
}
# Scope of a key -> what it lets through in a project, in an organization, and for its person.
SCOPES: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = {
    "admin": (OWNER, ADMIN, frozenset({"account.create"})),
    "read-only": (VIEWER, MEMBER - {"organization.create_project"}, NOTHING),
    "ingestion": (frozenset({"samples.add"}), NOTHING, NOTHING),
    "ingestion+deployment": (
        frozenset({"samples.add", "deployments.read", "deployments.build"}), NOTHING, NOTHING,
    ),
}  # fmt: skip
PROJECT, FOREIGN, TRASHED, OPEN = 1, 2, 3, 4
ORGANIZATION = 1
# The number of a row in every table, all of them of the foreign project.
THEIRS = 900_001


# What no row has as its number.
NOBODY = 2**40


@dataclass(frozen=True)
class Operation:
    """An endpoint as the document describes it."""

    name: str
    method: str
    path: str
    definition: Mapping[str, Any]
    document: Mapping[str, Any] = field(repr=False)

    @property
    def ids(self) -> list[str]:
        """Names of the parts of the path that name something."""
        return [item["name"] for item in self._parameters("path")]

    @property
    def json_schema(self) -> dict[str, Any] | None:
        """The schema of its JSON body, if it takes one."""
        content = self.definition.get("requestBody", {}).get("content", {})
        found: dict[str, Any] | None = content.get("application/json", {}).get("schema")
        return found

    def request(self, ids: Mapping[str, Any], *, references: Any = None) -> dict[str, Any]:
        """Arguments of `httpx.Client.request`.

        Args:
            ids: Values of parts of the path; others name nothing that exists.
            references: Value of every `…_id` in the body, also of optional ones.
        """
        path = self.path
        for item in self._parameters("path"):
            value = ids.get(item["name"])
            if value is None:
                kind = resolved(item["schema"], self.document).get("type")
                value = NOBODY if kind == "integer" else example(item["schema"], self.document)
            path = path.replace("{" + item["name"] + "}", str(value))
        return {
            "method": self.method,
            "url": path,
            "params": self._examples("query"),
            "headers": {name: str(value) for name, value in self._examples("header").items()},
            **self._body(references),
        }

    def _parameters(self, place: str) -> Iterator[dict[str, Any]]:
        return (item for item in self.definition.get("parameters", []) if item["in"] == place)

    def _examples(self, place: str) -> dict[str, Any]:
        return {
            item["name"]: example(item["schema"], self.document)
            for item in self._parameters(place)
            if item.get("required")
        }

    def _body(self, references: Any) -> dict[str, Any]:
        content = self.definition.get("requestBody", {}).get("content", {})
        if self.json_schema is not None:
            return {"json": example(self.json_schema, self.document, references)}
        if "multipart/form-data" in content:
            return {"files": {"files": ("a.csv", b"timestamp,x\n0,1\n10,2\n")}}
        if content:
            return {"content": b"timestamp,x\n0,1\n10,2\n"}
        return {}


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every endpoint of the document."""
    return [
        Operation(definition["operationId"], method.upper(), path, definition, document)
        for path, item in document["paths"].items()
        for method, definition in item.items()
    ]


def resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with its reference followed, and the first of several choices taken."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return resolved(document["components"]["schemas"][name], document)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return resolved(schema[word][0], document)
    return schema


def example(schema: Mapping[str, Any], document: Mapping[str, Any], references: Any = None) -> Any:
    """The simplest value a schema allows, as far as that can be told without trying."""
    schema = resolved(schema, document)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, document, references)
    if kind == "array":
        return [
            example(schema.get("items", {}), document, references)
            for _ in range(schema.get("minItems", 0))
        ]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"boolean": False, "string": _text(schema), "null": None}.get(str(kind), {})


def _object(schema: Mapping[str, Any], document: Mapping[str, Any], references: Any) -> Any:
    required = set(schema.get("required", []))
    found = {}
    for name, item in schema.get("properties", {}).items():
        if references is not None and name.endswith("_id"):
            found[name] = references
        elif name in required:
            found[name] = example(item, document, references)
    return found


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "date-time":
        return "2099-01-01T00:00:00Z"
    if "@" in schema.get("pattern", ""):
        return "somebody@example.org"
    length: int = schema.get("minLength", 1)
    return "a" * length


@dataclass(frozen=True)
class Who:
    """A kind of caller."""

    name: str
    headers: Mapping[str, str]
    project: frozenset[str] = NOTHING
    organization: frozenset[str] = NOTHING
    account: frozenset[str] = NOTHING
    is_server_admin: bool = False
    counts: bool = True
    restores: bool = False


@dataclass
class World:
    """A server with somebody in every role."""

    app: FastAPI
    file: Path
    pristine: sqlite3.Connection
    callers: list[Who] = field(default_factory=list)

    @property
    def operations(self) -> list[Operation]:
        return operations(self.app.openapi())

    def caller(self, name: str) -> Who:
        return next(who for who in self.callers if who.name == name)

    def restore(self) -> None:
        """Undoes whatever a request did."""
        with closing(sqlite3.connect(self.file)) as live:
            self.pristine.backup(live)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("permissions")
    with opened(Settings(folder)) as server:
        database = server.context.database
        with database.write() as session:
            callers = people_and_keys(session)
            fill_foreign_project(session)
        with closing(sqlite3.connect(":memory:")) as pristine:
            with closing(sqlite3.connect(folder / "tinsmith.sqlite")) as live:
                live.backup(pristine)
            app = create_app(server.context)
            yield World(app, folder / "tinsmith.sqlite", pristine, callers)
        database.close()


def people_and_keys(session: Session) -> list[Who]:
    """Adds the projects, and somebody in every role with keys of every scope."""
    session.add(Organization(id=ORGANIZATION, name="Ours", slug="ours"))
    session.flush()
    moment = now()
    session.add_all(
        [
            Project(id=PROJECT, name="Ours", organization_id=ORGANIZATION),
            Project(id=FOREIGN, name="Theirs"),
            Project(id=TRASHED, name="Gone", organization_id=ORGANIZATION, deleted_at=moment),
            Project(id=OPEN, name="Open", visibility="public"),
        ]
    )
    session.flush()
    session.add(Job(id=1, project_id=PROJECT, kind="train", state="succeeded", ended_at=moment))
    callers = [Who("nobody", {}, counts=False), Who("unknown", key("unknown"), counts=False)]
    for name, rights in PEOPLE.items():
        callers += person(session, name, *rights)
    for scope in SCOPES:
        for where, number in (("our", PROJECT), ("their", FOREIGN)):
            add_key(session, f"{where} {scope}", scope, project_id=number)
            rights = SCOPES[scope][0] if number == PROJECT else NOTHING
            callers.append(Who(f"{where} key, {scope}", key(f"{where} {scope}"), rights))
    return callers + dead_ones(session)


def person(
    session: Session, name: str, project: frozenset[str], organization: frozenset[str]
) -> list[Who]:
    """Adds a person with a session and, for some, keys of every scope."""
    is_admin = name == "administrator"
    user = User(email=f"{name.replace(' ', '.')}@example.org", name=name, is_admin=is_admin)
    session.add(user)
    session.flush()
    role = {"organization admin": "admin"}.get(name, name)
    if role in ("guest", "member", "admin"):
        session.add(Membership(organization_id=ORGANIZATION, user_id=user.id, role=role))
    if role in ("viewer", "editor", "owner"):
        session.add_all(
            Collaborator(project_id=number, user_id=user.id, role=role)
            for number in (PROJECT, TRASHED)
        )
    restores = "project.restore" in project
    headers = add_session(session, user.id, name)
    found = [Who(name, headers, project, organization, IN_PERSON, is_admin, restores=restores)]
    if name not in ("owner", "administrator"):
        return found
    for scope, (in_project, in_organization, account) in SCOPES.items():
        add_key(session, f"{name} {scope}", scope, user_id=user.id)
        found.append(
            Who(
                f"{name}'s key, {scope}",
                key(f"{name} {scope}"),
                project & in_project,
                organization & in_organization,
                account,
                is_admin and scope == "admin",
                restores=restores,
            )
        )
    return found


def dead_ones(session: Session) -> list[Who]:
    """Adds keys and a session that do not count any more; all would be administrators'."""
    gone = User(email="gone@example.org", name="Gone", is_admin=True, enabled=False)
    session.add(gone)
    session.flush()
    admin = {"user_id": 2}
    past = datetime.now(UTC) - timedelta(seconds=1)
    add_key(session, "expired", "admin", **admin, expires_at=past)
    add_key(session, "revoked", "admin", **admin, revoked_at=past)
    add_key(session, "disabled", "admin", user_id=gone.id)
    add_session(session, 2, "old session", expires_at=past)
    ended = [Who(name, key(name), counts=False) for name in ("expired", "revoked", "disabled")]
    return [
        *ended,
        Who("disabled person", add_session(session, gone.id, "disabled session"), counts=False),
        Who("ended session", {"Cookie": f"{COOKIE}=old session"}, counts=False),
    ]


def key(secret: str) -> dict[str, str]:
    return {"x-api-key": secret}


def add_key(session: Session, secret: str, scope: str, **columns: Any) -> None:
    # Just used, so that reading with it writes nothing.
    session.add(
        ApiKey(
            last_used_at=now(),
            name=secret,
            prefix=secret[:10],
            secret_hash=hash_secret(secret),
            scope=scope,
            **columns,
        )
    )


def add_session(session: Session, user_id: int, secret: str, **columns: Any) -> dict[str, str]:
    columns = {"expires_at": now() + timedelta(days=1)} | columns
    session.add(LoginSession(user_id=user_id, secret_hash=hash_secret(secret), **columns))
    return {"Cookie": f"{COOKIE}={secret}"}


def fill_foreign_project(session: Session) -> None:
    """Adds a row with the number `THEIRS` to every table whose rows belong to a project."""
    session.flush()
    session.execute(insert(User).values(id=THEIRS, email="theirs@example.org", name="Theirs"))
    for table in Base.metadata.sorted_tables:
        if {"id", "project_id"} <= set(table.columns.keys()):
            values = {
                column.name: THEIRS if column.name.endswith("_id") else filler(column)
                for column in table.columns
                if not column.nullable and column.default is None
            }
            number = THEIRS if table.c.id.type.python_type is int else str(THEIRS)
            session.execute(insert(table).values({**values, "id": number, "project_id": FOREIGN}))


def filler(column: Any) -> Any:
    """Some value of a column."""
    if isinstance(column.type, JSON):
        return {}
    if isinstance(getattr(column.type, "impl", None), DateTime):
        return now() + timedelta(days=1)
    kind = column.type.python_type
    return {int: 1, float: 1.0, bool: True, dict: {}, list: []}.get(kind, "a" * 16)


def expected(who: Who, operation: Operation) -> int | None:
    """The status of the refusal, or None where the request is let through."""
    wanted = ACCESS[operation.name].value
    if not who.counts and (wanted != "public" or "x-api-key" in who.headers):
        return 401  # A dead key is told so even where nobody needs one.
    if wanted in ("public", "signed_in"):
        return None
    area = wanted.partition(".")[0]
    if area == "account":
        return None if wanted in who.account else 403
    if area == "server":
        return None if who.is_server_admin else 403
    granted = who.organization if area == "organization" else who.project
    if wanted == "project.restore" and not who.restores:
        granted = NOTHING
    if wanted in granted:
        return None
    return 403 if granted else 404


def ids_of(operation: Operation) -> dict[str, int]:
    project = TRASHED if "/trash/" in operation.path else PROJECT
    return {"project_id": project, "organization_id": ORGANIZATION, "job_id": 1, "user_id": 3}


def verdict(response: httpx.Response, refusal: int | None) -> str:
    """What is wrong with an answer; nothing if it is as expected."""
    status = response.status_code
    if status >= 500 and status != 501:
        return f"answered {status}"
    if refusal is not None:
        return "" if status == refusal else f"answered {status}, expected {refusal}"
    gate = "there is no such project", "there is no such organization", "nobody is signed in"
    told = response.json()["error"]["message"] if status in (401, 404) and response.text else ""
    hidden = told in gate
    return f"was refused with {status}" if status == 403 or hidden else ""


# Streams that do not end by themselves.
_ENDLESS = {"stream_device_events"}
_PATIENCE_S = 1.0


async def walk(world: World) -> list[str]:
    """Every endpoint with every caller; whatever is not as expected."""
    wrong = []
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tests") as client:
        for operation in world.operations:
            request = operation.request(ids_of(operation))
            for who in world.callers:
                headers = {**request["headers"], **who.headers}
                call = client.request(**{**request, "headers": headers})
                patience_s = _PATIENCE_S if operation.name in _ENDLESS else None
                try:
                    response = await asyncio.wait_for(call, patience_s)
                except TimeoutError:
                    # It has begun, so it let them in.
                    response = httpx.Response(200)
                client.cookies.clear()
                if problem := verdict(response, expected(who, operation)):
                    wrong.append(f"{who.name}: {operation.name} {problem}")
                if (
                    operation.method not in ("GET", "HEAD", "OPTIONS")
                    and response.status_code < 400
                ):
                    world.restore()
    return wrong


@pytest.mark.slow
def test_every_endpoint_lets_in_whom_the_table_says_and_nobody_else(world: World) -> None:
    in_document = {operation.name for operation in world.operations}
    assert in_document == set(ACCESS) - {operation.name for operation in sockets()}
    assert asyncio.run(walk(world)) == []


def sockets() -> list[Operation]:
    """The web sockets, which no OpenAPI document mentions."""
    return [
        Operation(route.name, "GET", f"/api/v1{route.path}", {}, {})
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIWebSocketRoute)
    ]


def opening(client: TestClient, who: Who, path: str) -> int:
    """The status of the refusal of a web socket; 200 if it opens."""
    try:
        with client.websocket_connect(path, headers=dict(who.headers)):
            return 200
    except WebSocketDenialResponse as refused:
        return int(refused.status_code)


@pytest.mark.slow
def test_every_web_socket_lets_in_whom_the_table_says_and_nobody_else(world: World) -> None:
    client = TestClient(world.app)
    assert len(sockets()) >= 2
    assert {
        (socket.name, who.name): opening(
            client, who, socket.path.format(project_id=PROJECT, job_id=1)
        )
        for socket in sockets()
        for who in world.callers
    } == {
        (socket.name, who.name): expected(who, socket) or 200
        for socket in sockets()
        for who in world.callers
    }


async def reach_over(world: World) -> list[str]:
    """An owner names things of another project within their own; those that were let through."""
    found = []
    headers = world.caller("owner").headers
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tests") as client:
        for operation in world.operations:
            others = [name for name in operation.ids if name != "project_id"]
            request = operation.request(
                {"project_id": PROJECT, **dict.fromkeys(others, THEIRS)}, references=THEIRS
            )
            named = others or "_id" in str(request.get("json", ""))
            if "project_id" not in operation.ids or not named:
                continue
            response = await client.request(**{**request, "headers": request["headers"] | headers})
            if response.status_code < 400 or response.status_code >= 500:
                found.append(f"{operation.name} answered {response.status_code}")
            world.restore()
    return found


@pytest.mark.slow
def test_things_of_other_projects_cannot_be_reached_through_ones_own(world: World) -> None:
    assert asyncio.run(reach_over(world)) == []


def test_a_public_project_may_be_read_by_whoever_is_signed_in_and_by_nobody_else(
    world: World,
) -> None:
    async def statuses() -> list[int]:
        transport = httpx.ASGITransport(world.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tests") as client:
            headers = world.caller("foreigner").headers
            path = f"/api/v1/projects/{OPEN}"
            return [
                (await client.get(path, headers=headers)).status_code,
                (await client.get(f"{path}/samples", headers=headers)).status_code,
                (await client.get(f"{path}/collaborators", headers=headers)).status_code,
                (await client.delete(path, headers=headers)).status_code,
                (await client.get(path)).status_code,
            ]

    assert asyncio.run(statuses()) == [200, 200, 403, 403, 401]

"""The API keeps the promises of its OpenAPI document, whatever it is sent.

A server on real data is tried by schemathesis with all of its checks, and by hand with what no
schema allows to write down: NUL, half characters, numbers beyond 64 bits, moments beyond the
calendar, documents without bottom.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
API = "/api/v1"
_SECONDS = int(os.environ.get("TINSMITH_CONTRACT_SECONDS", "30"))
_SEED = int(os.environ.get("TINSMITH_CONTRACT_SEED", "1"))


@dataclass(frozen=True)
class Allowance:
    """What schemathesis expects otherwise of some operations.

    Args:
        check: Its check.
        statuses: What is answered too, next to what the check expects by itself.
        reason: Why.
        operations: Names; empty for all operations.
    """

    check: str
    statuses: tuple[str, ...]
    reason: str
    operations: tuple[str, ...] = ()


_ACCEPTED = ("2xx", "3xx", "401", "403", "404", "409", "429")
_REFUSED = ("400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "429")
ALLOWANCES = (
    Allowance("positive_data_acceptance", ("412",), "an ETag may be out of date"),
    Allowance(
        "positive_data_acceptance", ("412", "422"),
        "a design, a target or a setting has rules between its fields",
        ("autotune_block", "check_design", "preview_design", "create_impulse", "update_impulse",
         "suggest_design", "set_target", "set_thresholds", "list_window_sizes"),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"), "an end must lie in the future",
        ("create_api_key", "create_my_key"),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"), "either an e-mail address or an organization",
        ("transfer_project",),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"),
        "either numbers or a filter; a part must lie within its recording",
        ("delete_samples", "edit_samples", "restore_samples", "crop_sample",
         "split_sample", "segment_sample"),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"),
        "what a split keeps together must be known of every sample",
        ("plan_sample_split", "apply_sample_split"),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"),
        "a form and a target are those of the catalogue, and can be verified on this machine",
        ("start_deployment", "start_profiling",),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"),
        "labels over time, boxes and stretches must lie within the sample, and suit its kind",
        ("update_sample", "find_sample_events", "get_sample_detail", "get_sample_values",
         "download_sample_values", "get_sample_spectrogram", "download_sample"),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"), "a device offers the sensors that it has",
        ("start_sampling",),
    ),
    Allowance(
        "negative_data_rejection", ("2xx",), "headers that an endpoint does not know are no error",
        ("stream_job_events",),
    ),
    Allowance(
        "negative_data_rejection", ("412",), "which version of tus is spoken is looked at first",
        ("delete_upload",),
    ),
    Allowance(
        "positive_data_acceptance", ("412", "422"), "an absent ETag is no text",
        ("set_import_rule", "delete_import_rule"),
    ),
)  # fmt: skip
# Schemathesis cannot send their type of body; `uploads/test_protocol.py` does.
UNSENT = ("create_upload", "append_to_upload")
# What would take from the test what it works on is done to other things.
ELSEWHERE = {
    ("delete_project", "erase_project"): {"project_id": 2},
    ("update_user",): {"user_id": 2},
    ("delete_my_key",): {"key_id": 1},
    ("stream_job_events",): {"job_id": 1},
}


def configuration(document: dict[str, Any], key: str) -> str:
    """The configuration of schemathesis: which numbers there are, and the exceptions."""
    cursors = [
        operation["operationId"]
        for operation in operations(document)
        if any(item["name"] == "cursor" for item in operation.get("parameters", []))
    ]
    files = [
        operation["operationId"]
        for operation in operations(document)
        if set(operation.get("requestBody", {}).get("content", {})) - {"application/json"}
    ]
    exceptions = (
        *ALLOWANCES,
        Allowance(
            "positive_data_acceptance", ("412", "422"),
            "a cursor is text that a list has given out", tuple(cursors),
        ),
        Allowance(
            "positive_data_acceptance", ("412", "413", "422"),
            "no schema says what a file must hold", tuple(files),
        ),
    )  # fmt: skip
    numbers = "\n".join(
        f'{name} = {{ dictionary = "numbers", probability = 0.7 }}'
        for name in sorted(numbers_of(document) - {"project_id"})
    )
    parts = [
        f'headers = {{ "x-api-key" = "{key}" }}\nseed = {_SEED}\ncontinue-on-failure = true\n'
        "request-timeout = 30\n[cache]\nenabled = false\n"
        # NUL is refused everywhere; a test of its own below sends it.
        "[generation]\nno-shrink = true\nallow-x00 = false\n"
        f"[dictionaries.numbers]\nvalues = [1, 2]\n[parameters]\nproject_id = 1\n{numbers}\n"
    ]
    for item in exceptions:
        base = _ACCEPTED if item.check == "positive_data_acceptance" else _REFUSED
        setting = f"{item.check}.expected-statuses = {json.dumps([*base, *item.statuses])}\n"
        if not item.operations:
            parts.append(f"[checks]\n{setting}")
        else:
            chosen = f"include-operation-id = {json.dumps(item.operations)}\n"
            parts.append(f"[[operations]]\n{chosen}checks.{setting}")
    parts.append(f"[[operations]]\ninclude-operation-id = {json.dumps(UNSENT)}\nenabled = false\n")
    for chosen, values in ELSEWHERE.items():
        fixed = ", ".join(f"{name} = {value}" for name, value in values.items())
        names = json.dumps(chosen)
        parts.append(
            f"[[operations]]\ninclude-operation-id = {names}\nparameters = {{ {fixed} }}\n"
        )
    return "\n".join(parts)


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield {**operation, "path": path, "method": method}


def numbers_of(document: dict[str, Any]) -> set[str]:
    return {
        item["name"]
        for operation in operations(document)
        for item in operation.get("parameters", [])
        if item["in"] == "path" and item["schema"].get("type") == "integer"
    }


@pytest.fixture
def address(stocked: Any) -> Iterator[str]:
    """The server, listening; jobs are queued and not run, as others test those."""
    import uvicorn

    from tinsmith.cli.transport import Transport

    created = stocked.client.post(f"{API}/projects", json={"name": "For the bin"})
    assert created.status_code == 201
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(
            stocked.client.app, http=Transport, log_level="error", lifespan="off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        host, port = listening.getsockname()
        yield f"http://{host}:{port}"
        server.should_exit = True
        thread.join()


def test_schemathesis_finds_nothing(stocked: Any, address: str, tmp_path: Path) -> None:
    document = stocked.client.get(f"{API}/openapi.json").json()
    config = tmp_path / "schemathesis.toml"
    config.write_text(configuration(document, stocked.key("admin")), encoding="utf-8")
    command = [
        Path(sys.executable).parent / "schemathesis", "--config-file", config, "run",
        f"{address}{API}/openapi.json", "--checks", "all", "--max-examples", "10",
        "--max-time", str(_SECONDS), "--phases", "examples,coverage,fuzzing,stateful",
        "--warnings", "off",
    ]  # fmt: skip
    result = subprocess.run(
        [str(part) for part in command], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0, result.stdout[-20_000:]


# Texts of JSON, as `json.dumps` writes none of some of them.
HOSTILE = {
    "nul": r'"a\u0000b"',
    "half": r'"\ud800"',
    "huge": "1" + "0" * 30,
    "beyond": str(2**63),
    "below": str(-(2**63) - 1),
    "infinite": "1e999",
    "nan": "NaN",
    "first moment": '"0001-01-01T00:00:00+14:00"',
    "last moment": '"9999-12-31T23:59:59-14:00"',
    "empty": '""',
    "list": "[]",
    "entries": r'{"a\u0000": "\u0000", "b": ["\udfff"]}',
    "nothing": "null",
    "yes": "true",
    "minus": "-1",
}

# Long ones are tried in one place of each document.
LONG = {
    "long": f'"{"x" * 300_000}"',
    "deep": "[" * 3000 + "]" * 3000,
    "deeper": '{"a":' * 90_000 + "1" + "}" * 90_000,
}


def plain(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """A value that a schema may well allow."""
    if "$ref" in schema:
        return plain(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "default" in schema:
        return schema["default"]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return plain(schema[choice][0], document)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: plain(fields[name], document) for name in schema.get("required", [])}
    simple = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "null": None}
    return simple.get(str(kind), "text")


def bodies(operation: dict[str, Any], document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Bodies with one hostile value, by what it is."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    good = plain(schema, document)
    if not isinstance(good, dict):
        return
    resolved = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for position, name in enumerate(resolved.get("properties", {})):
        others = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in good.items()
                  if key != name]  # fmt: skip
        for what, text in (HOSTILE if position else HOSTILE | LONG).items():
            yield f"{name}: {what}", "{" + ", ".join([*others, f'"{name}": {text}']) + "}"
    for what, text in HOSTILE.items():
        yield f"body: {what}", text
    yield "unknown", json.dumps({**good, "unknown": 1})
    yield "no JSON", "{"
    yield "none", ""


def fill_in(path: str) -> str:
    for name in ("project_id", "organization_id"):
        path = path.replace(f"{{{name}}}", "1")
    while "{" in path:
        path = path[: path.index("{")] + "1" + path[path.index("}") + 1 :]
    return path


def is_sound(response: Any) -> bool:
    if response.status_code < 400:
        return True
    return response.status_code < 500 and set(response.json()) == {"error"}


def test_no_body_however_hostile_makes_it_fail(stocked: Any) -> None:
    document = stocked.client.get(f"{API}/openapi.json").json()
    failed = []
    for operation in operations(document):
        if "application/json" not in operation.get("requestBody", {}).get("content", {}):
            continue
        if operation["operationId"] in ("delete_project", "update_user", "change_password"):
            continue
        for what, body in bodies(operation, document):
            response = stocked.client.request(
                operation["method"], fill_in(operation["path"]), content=body.encode(),
                headers={"content-type": "application/json"},
            )  # fmt: skip
            if not is_sound(response) or (":" in what and what.split(": ")[1] == "nul"
                                          and response.status_code < 400):  # fmt: skip
                failed.append((operation["operationId"], what, response.status_code, response.text))
    assert failed == []


def test_no_query_or_header_however_hostile_makes_it_fail(stocked: Any) -> None:
    document = stocked.client.get(f"{API}/openapi.json").json()
    values = ["%00", "%ED%A0%80", "%FF", "9" * 30, str(2**63), "NaN", "1e999", "x" * 5000, "",
              "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "a=b", "%7B", "-1",
              "..%2F..%2Fetc", "%22", "eyJhIjoxfQ", "WzFdCg"]  # fmt: skip
    failed = []
    for operation in operations(document):
        if operation["method"] not in ("get", "post"):
            continue
        for item in operation.get("parameters", []):
            for value in values:
                path, headers = fill_in(operation["path"]), {}
                if item["in"] == "query":
                    path += f"?{item['name']}={value}&{item['name']}={value}"
                elif item["in"] == "header":
                    headers = {item["name"]: value}
                elif item["in"] == "path":
                    path = fill_in(operation["path"].replace(f"{{{item['name']}}}", value))
                if operation["operationId"] == "stream_job_events" and "/1/stream" not in path:
                    continue
                response = stocked.client.request(operation["method"], path, headers=headers)
                if not is_sound(response):
                    failed.append((operation["operationId"], path, response.status_code))
    assert failed == []

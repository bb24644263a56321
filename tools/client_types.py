"""Writes src/tinsmith/client/types.py from the OpenAPI document of the server.

Shapes of data are generated, as a person would only copy them; methods are written by hand, as a
program would only paste requests together. The file is kept in the repository, because a client is
installed without the server that the document comes from; `tests/client/test_types.py` fails where
it is not what the server says.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinsmith.server.app import create_app

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "src" / "tinsmith" / "client"
TARGET = CLIENT / "types.py"
_HEAD = (
    '"""What the server sends, generated from its OpenAPI document by tools/client_types.py."""\n'
)
_OPERATION = re.compile(r'\bEndpoint\(\s*"(\w+)"')
# What the client reads without an endpoint: the events of a stream.
_FURTHER = ("list_job_events",)


def document() -> dict[str, Any]:
    """The OpenAPI document of the server as it is now."""
    from unittest.mock import Mock

    found: dict[str, Any] = create_app(Mock()).openapi()
    return found


def operations() -> set[str]:
    """Ids of the operations that the client uses."""
    files = sorted(CLIENT.rglob("*.py"))
    used = {name for file in files for name in _OPERATION.findall(file.read_text("utf-8"))}
    return used | set(_FURTHER)


def schemas(whole: dict[str, Any]) -> dict[str, Any]:
    """The schemas that the answers of these operations are made of, under the client's names."""
    wanted = operations()
    roots = [
        answer["content"]["application/json"]["schema"]
        for methods in whole["paths"].values()
        for operation in methods.values()
        if operation["operationId"] in wanted
        for status, answer in operation["responses"].items()
        if status.startswith("2") and "application/json" in answer.get("content", {})
    ]
    known = whole["components"]["schemas"]
    found: dict[str, Any] = {}
    waiting = [name for root in roots for name in references(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = known[name]
            waiting += references(known[name])
    # Pages of lists are one generic class of the client.
    return {client_name(k): found[k] for k in sorted(found) if not k.startswith("Page_")}


def references(value: Any) -> Iterator[str]:
    """Names of the schemas that a schema refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def client_name(name: str) -> str:
    """`SampleOut` → `Sample`."""
    return re.sub(r"(Out|Model)$", "", name) or name


def renamed(value: Any) -> Any:
    """A schema with its references under the client's names."""
    if isinstance(value, dict):
        return {
            key: f"#/components/schemas/{client_name(item.rpartition('/')[2])}"
            if key == "$ref"
            else renamed(item)
            for key, item in value.items()
            if key != "title"
        }
    return [renamed(item) for item in value] if isinstance(value, list) else value


def generate() -> str:
    """The text of the module."""
    from datamodel_code_generator import DataModelType, InputFileType
    from datamodel_code_generator import generate as write
    from datamodel_code_generator.format import DatetimeClassType, Formatter, PythonVersion
    from datamodel_code_generator.parser import LiteralType

    parts = {name: renamed(schema) for name, schema in schemas(document()).items()}
    text = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {},
            "components": {"schemas": parts}}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "types.py"
        write(
            json.dumps(text),
            input_file_type=InputFileType.OpenAPI,
            output=output,
            output_model_type=DataModelType.DataclassesDataclass,
            target_python_version=PythonVersion.PY_311,
            frozen_dataclasses=True,
            keyword_only=True,
            use_union_operator=True,
            use_standard_collections=True,
            use_schema_description=True,
            use_field_description=True,
            use_double_quotes=True,
            output_datetime_class=DatetimeClassType.Datetime,
            enum_field_as_literal=LiteralType.All,
            disable_timestamp=True,
            formatters=[Formatter.RUFF_FORMAT],
        )
        body = output.read_text(encoding="utf-8")
    body = re.sub(r"\A(?:#.*\n)+", "", body)
    body = re.sub(r'"""\n +([^\n]+)\n +"""', r'"""\1"""', body)
    return _HEAD + "\n" + body.lstrip("\n")


def written() -> str:
    """The text as it stands in the repository: sorted and formatted like everything else."""
    found = generate()
    for command in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):
        words = [Path(sys.executable).parent / "ruff", *command, "--stdin-filename", TARGET, "-"]
        ran = subprocess.run(words, input=found, capture_output=True, text=True, check=True)
        found = ran.stdout
    return found


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    TARGET.write_text(written(), encoding="utf-8")
    print(TARGET.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Tables that people try rules on; only the rule is ever stored."""

from __future__ import annotations

import json
import math
from dataclasses import is_dataclass
from typing import Any

from pydantic import ValidationError

from tinsmith.core.hashing import digest
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.datasets.sniff import sniff
from tinsmith.datasets.wizard import preview
from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.server.text import clean_values
from tinsmith.server.wizard.schemas import PreviewOut, ProposalOut
from tinsmith.signals.csv_table import HEAD_BYTES, is_parquet
from tinsmith.store.tables import Project


def propose(data: bytes, name: str, *, is_cut: bool) -> ProposalOut:
    """What a table seems to be.

    Raises:
        InputError: It is none.
    """
    return ProposalOut.model_validate(_plain(sniff(_head(data, is_cut=is_cut), name)))


def show(data: bytes, name: str, rule: ImportRule, rows: int, *, is_cut: bool) -> PreviewOut:
    """What a rule makes of the beginning of a table."""
    found = PreviewOut.model_validate(_plain(preview(_head(data, is_cut=is_cut), name, rule, rows)))
    return found.model_copy(update={"is_cut": found.is_cut or is_cut})


def parse_rule(text: str, where: str) -> ImportRule:
    """A rule from JSON.

    Raises:
        UnusableError: It is none; says which field.
    """
    try:
        return ImportRule.model_validate(clean_values({"rule": json.loads(text)})["rule"])
    except ValidationError as error:
        problems = [
            FieldProblem(
                path=".".join([where, *(str(part)[:80] for part in item["loc"])]),
                message=item["msg"],
            )
            for item in error.errors()
        ]
    except (ValueError, RecursionError) as error:
        problems = [FieldProblem(path=where, message=str(error)[:200])]
    message = f"{problems[0].path}: {problems[0].message}"
    raise UnusableError(message, hint="correct the fields named", fields=problems)


def rule_tag(project: Project) -> str:
    """The ETag of a project's rule."""
    return f'"{digest(project.import_rule)[:32]}"'


def _head(data: bytes, *, is_cut: bool) -> bytes:
    """Whole lines of a table of which only the beginning was sent."""
    if not is_cut or is_parquet(data) or len(data) > HEAD_BYTES:
        return data
    end = data.rfind(b"\n")
    return data[: end + 1] if end >= 0 else data


def _plain(value: Any) -> Any:
    """Dataclasses as documents, without numbers that JSON does not have."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple | list):
        return tuple(_plain(item) for item in value)
    if isinstance(value, float) and not math.isfinite(value):
        return 0.0
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value

"""Endpoints of the wizard for tables."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from tinsmith.datasets.import_rule import ImportRule
from tinsmith.server.context import Reading, Writing, context_of
from tinsmith.server.edits import IfMatch
from tinsmith.server.errors import ApiError, StaleError, TooLargeError
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.wizard import service
from tinsmith.server.wizard.schemas import ImportRuleOut, PreviewOut, ProposalOut
from tinsmith.store.tables import Project

router = APIRouter(tags=["tables"])
# A Parquet file is looked at as a whole, of text the beginning does.
_MAX_BYTES = 64 * 1024 * 1024
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
FileName = Annotated[
    str,
    Header(
        min_length=1,
        max_length=1200,
        pattern="^[ -~]+$",
        description="Its name; `UTF-8''` and the percent-encoded name where it is not ASCII.",
    ),
]
IsCut = Annotated[
    bool, Query(description="Whether the file goes on after what is sent; a last half line is cut.")
]


@router.post("/projects/{project_id}/tables/sniff", openapi_extra=_BODY)
async def sniff_table(
    project_id: ProjectId,  # noqa: ARG001 - who may ask
    request: Request,
    x_file_name: FileName = "table.csv",
    is_cut: IsCut = False,
) -> ProposalOut:
    """Looks at a table, or a first megabyte of it, and proposes a rule; nothing is stored."""
    data = await _table(request)
    return await run_in_threadpool(service.propose, data, _name(x_file_name), is_cut=is_cut)


@router.post("/projects/{project_id}/tables/preview", openapi_extra=_BODY)
async def preview_table(
    project_id: ProjectId,
    request: Request,
    rule: Annotated[
        str | None,
        Query(max_length=16_000, description="The rule as JSON; without it the project's own."),
    ] = None,
    x_file_name: FileName = "table.csv",
    is_cut: IsCut = False,
    rows: Annotated[int, Query(ge=1, le=500, description="Rows that are shown.")] = 50,
) -> PreviewOut:
    """What a rule makes of a table, or of a first megabyte of it; nothing is stored."""
    context = context_of(request)
    data = await _table(request)

    def work() -> PreviewOut:
        if rule is not None:
            chosen = service.parse_rule(rule, "query.rule")
        else:
            with context.database.read() as session:
                stored = session.get_one(Project, project_id).import_rule
            chosen = ImportRule.model_validate(stored)
        return service.show(data, _name(x_file_name), chosen, rows, is_cut=is_cut)

    return await run_in_threadpool(work)


@router.get("/projects/{project_id}/import-rule")
def get_import_rule(project_id: ProjectId, session: Reading, response: Response) -> ImportRuleOut:
    """How tables that are uploaded are read."""
    return _out(session.get_one(Project, project_id), response)


@router.put("/projects/{project_id}/import-rule")
def set_import_rule(
    project_id: ProjectId,
    body: ImportRule,
    session: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> ImportRuleOut:
    """Has every table that is uploaded from now on read by a rule, whatever way it comes."""
    project = session.get_one(Project, project_id)
    _require_current(project, if_match)
    project.import_rule = body.model_dump(mode="json")
    session.flush()
    return _out(project, response)


@router.delete("/projects/{project_id}/import-rule", status_code=204)
def delete_import_rule(project_id: ProjectId, session: Writing, if_match: IfMatch = None) -> None:
    """Lets every table decide again how it is read."""
    project = session.get_one(Project, project_id)
    _require_current(project, if_match)
    project.import_rule = {}


def _out(project: Project, response: Response) -> ImportRuleOut:
    response.headers["ETag"] = service.rule_tag(project)
    stored = project.import_rule
    return ImportRuleOut(rule=ImportRule.model_validate(stored) if stored else None)


def _require_current(project: Project, if_match: str | None) -> None:
    tag = service.rule_tag(project)
    if if_match is None or if_match.strip() == "*":
        return
    if tag not in {part.strip().removeprefix("W/") for part in if_match.split(",")}:
        raise StaleError(
            "somebody else has changed the rule meanwhile",
            hint="read it again, apply the change to what is there now, and send it once more",
        )


def _name(header: str) -> str:
    name = header.removeprefix("UTF-8''")
    name = unquote(name, errors="replace") if name != header else header
    return "".join(letter for letter in name if letter.isprintable())[:400] or "table.csv"


async def _table(request: Request) -> bytes:
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > _MAX_BYTES:
                raise TooLargeError(
                    f"the table is larger than {_MAX_BYTES >> 20} MB",
                    hint="send the first megabyte of it with is_cut",
                )
            parts.append(part)
    except ClientDisconnect:
        raise ApiError("the request broke off before its end", hint="send it again") from None
    return b"".join(parts)

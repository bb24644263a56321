"""Errors as the API tells them: one envelope, a stable code, a message and a remedy.

{"error": {"code": "not_found", "message": "...", "hint": "...", "fields": [...]}}
"""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    NoResultFound,
    OperationalError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from tinsmith.core.errors import (
    EnvironmentError_,
    InputError,
    MissingPackageError,
    TinsmithError,
    UnsupportedError,
)

log = logging.getLogger("tinsmith.server")


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="Where the field is, such as `body.name` or `query.limit`.")
    message: str


class ErrorBody(BaseModel):
    """What went wrong and what to do about it."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(description="A stable word for programs, such as `not_found`.")
    message: str = Field(description="What happened, with the value seen and what was expected.")
    hint: str | None = Field(default=None, description="What to do about it.")
    fields: list[FieldProblem] = Field(default=[], description="Each field that is wrong.")


class ErrorEnvelope(BaseModel):
    """Every response that is no success."""

    model_config = ConfigDict(extra="forbid")

    error: ErrorBody


def described(text: str) -> dict[str, Any]:
    """How an operation declares such a response in the OpenAPI document.

    By name, not by the model: FastAPI would make a validator of its own for every status of every
    endpoint, which no response needs and which the first requests to a new server wait for.
    """
    schema = {"$ref": f"#/components/schemas/{ErrorEnvelope.__name__}"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


class ApiError(TinsmithError):
    """A request that cannot be done; nothing was stored."""

    status = 400
    code = "bad_request"

    def __init__(
        self, message: str, *, hint: str | None = None, fields: list[FieldProblem] | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.fields = fields or []
        self.headers: dict[str, str] = {}


class NotSignedInError(ApiError):
    """The request does not say who asks, or not truthfully."""

    status = 401
    code = "not_signed_in"


class ForbiddenError(ApiError):
    """Whoever asks may not do this."""

    status = 403
    code = "forbidden"


class NotFoundError(ApiError):
    """There is no such thing, or whoever asks may not know of it."""

    status = 404
    code = "not_found"


class ConflictError(ApiError):
    """The thing's state does not allow it."""

    status = 409
    code = "conflict"


class StaleError(ApiError):
    """Somebody else changed the thing since it was read."""

    status = 412
    code = "stale"


class TooLargeError(ApiError):
    """The body is larger than allowed."""

    status = 413
    code = "too_large"


class UnsupportedTypeError(ApiError):
    """The body is of another kind than the endpoint takes."""

    status = 415
    code = "unsupported_type"


class UnusableError(ApiError):
    """Well-formed, but not usable."""

    status = 422
    code = "unusable"


class TooManyError(ApiError):
    """Too many tries; wait."""

    status = 429
    code = "too_many"


class RefusedError(HTTPException):
    """An error met while a body is read, which FastAPI hands on as it is."""

    def __init__(self, error: TinsmithError) -> None:
        super().__init__(status_of(error)[0])
        self.error = error


_CODES = {
    400: "bad_request", 401: "not_signed_in", 403: "forbidden", 404: "not_found",
    405: "method_not_allowed", 406: "not_acceptable", 413: "too_large", 415: "unsupported_type",
    422: "invalid", 429: "too_many",
}  # fmt: skip


def install(app: FastAPI) -> None:
    """Makes every error of the app an envelope."""
    app.add_exception_handler(TinsmithError, _tinsmith)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(kind, _database)
    app.add_exception_handler(NoResultFound, _gone)
    app.add_exception_handler(IntegrityError, _collision)
    app.add_exception_handler(StaleDataError, _collision)
    app.add_exception_handler(DataError, _not_storable)
    app.add_exception_handler(StatementError, _statement)


def envelope(status: int, body: ErrorBody, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as a response."""
    content = ErrorEnvelope(error=body).model_dump(mode="json")
    return JSONResponse(content, status_code=status, headers=headers)


def status_of(error: TinsmithError) -> tuple[int, str]:
    """HTTP status and code of an error of the library."""
    if isinstance(error, ApiError):
        return error.status, error.code
    if isinstance(error, UnsupportedError):
        return 422, "unsupported"
    if isinstance(error, InputError):
        return 422, "unusable"
    if isinstance(error, MissingPackageError):
        return 501, "missing_package"
    if isinstance(error, EnvironmentError_):
        return 503, "unavailable"
    return 500, "internal"


async def _tinsmith(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TinsmithError)
    status, code = status_of(error)
    if status == 500:
        log.error("internal error", exc_info=error)
    fields = error.fields if isinstance(error, ApiError) else []
    headers = error.headers if isinstance(error, ApiError) else {}
    message = f"{error.path}: {error.message}" if error.path else error.message
    body = ErrorBody(code=code, message=message, hint=error.hint, fields=fields)
    return envelope(status, body, headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [_field(item) for item in error.errors()]
    first = fields[0] if fields else FieldProblem(path="", message="not understood")
    body = ErrorBody(
        code="invalid",
        message=f"{first.path}: {first.message}",
        hint="correct the fields named",
        fields=fields,
    )
    return envelope(422, body)


def _field(item: dict[str, Any]) -> FieldProblem:
    path = ".".join(str(part) for part in item["loc"])
    return FieldProblem(path=path, message=str(item["msg"]))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error, RefusedError):
        return await _tinsmith(request, error.error)
    code = _CODES.get(error.status_code, "error")
    message, hint = str(error.detail), None
    headers = dict(error.headers) if error.headers else {}
    if error.status_code == 404:
        message = f"there is nothing at {request.method} {request.url.path}"
    elif error.status_code == 405:
        allowed = ", ".join(methods_of(request))
        message = f"{request.method} is not possible at {request.url.path}"
        hint, headers = f"possible: {allowed}", {"Allow": allowed}
    return envelope(error.status_code, ErrorBody(code=code, message=message, hint=hint), headers)


def methods_of(request: Request) -> list[str]:
    """All methods that something answers at a request's path."""
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
    return ["GET", "HEAD", *found[1:]] if "GET" in found else found


async def _database(_request: Request, error: Exception) -> JSONResponse:
    log.error("database error", exc_info=error)
    body = ErrorBody(
        code="unavailable", message="the database is busy or not reachable", hint="try again"
    )
    return envelope(503, body, {"Retry-After": "1"})


async def _gone(_request: Request, _error: Exception) -> JSONResponse:
    """Deleted by somebody else after it was found."""
    return envelope(404, ErrorBody(code="not_found", message="it is not there any more"))


async def _collision(_request: Request, error: Exception) -> JSONResponse:
    """Two requests at the same moment wanted what only one can have."""
    log.warning("two changes collided: %s", type(getattr(error, "orig", error)).__name__)
    body = ErrorBody(
        code="conflict",
        message="it collides with a change that was made at the same moment",
        hint="read it again and try once more",
    )
    return envelope(409, body)


async def _not_storable(_request: Request, error: Exception) -> JSONResponse:
    log.warning("a value was refused by the database", exc_info=error)
    body = ErrorBody(code="unusable", message="a value cannot be stored")
    return envelope(422, body)


async def _statement(request: Request, error: Exception) -> JSONResponse:
    """A value that cannot even be handed to the database, such as a moment beyond the calendar."""
    if isinstance(getattr(error, "orig", None), OverflowError | ValueError):
        return await _not_storable(request, error)
    raise error


def unexpected(number: str, error: Exception) -> JSONResponse:
    """The answer to request `number` where Tinsmith itself is wrong, after a note in the log."""
    log.error("request %s failed", number, exc_info=error)
    body = ErrorBody(
        code="internal",
        message="the server failed; this is a bug of Tinsmith",
        hint=f"the server's log has the details at request {number}; please report it",
    )
    return envelope(500, body)

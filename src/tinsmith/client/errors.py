"""What can go wrong between a client and a server, below the errors of `core.errors`.

TinsmithError
├── InputError
│   └── RefusedError         the server refused the request, nothing was stored (status 4xx)
│       ├── NotSignedInError   401: no key, or one that does not count
│       ├── ForbiddenError     403: the key may not do this
│       ├── NotFoundError      404: there is no such thing, or it is not shared
│       ├── ConflictError      409: the thing's state does not allow it
│       ├── StaleError         412: somebody else changed it since it was read
│       ├── TooLargeError      413
│       ├── UnusableError      422: well-formed, but not usable; `fields` says where
│       └── TooManyError       429: wait
├── EnvironmentError_
│   └── UnavailableError     the server does not answer, or lacks something it needs (5xx)
├── JobError                 a job did not succeed
└── InternalError
    └── BrokenServerError    the server failed (500), or what it sent is not understood
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinsmith.core.errors import EnvironmentError_, InputError, InternalError, TinsmithError

if TYPE_CHECKING:
    from tinsmith.client.types import Job


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of a request."""

    path: str
    message: str


@dataclass(frozen=True)
class Refusal:
    """An error as the server tells it.

    Args:
        status: HTTP status.
        code: A stable word for programs, such as `not_found`.
        message: What happened and what was expected.
        hint: What to do about it.
        fields: Each field that is wrong.
    """

    status: int
    code: str
    message: str
    hint: str | None = None
    fields: tuple[FieldProblem, ...] = ()


class RefusedError(InputError):
    """The server refused the request; nothing was stored."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message, hint=refusal.hint)
        self.status = refusal.status
        self.code = refusal.code
        self.fields = refusal.fields


class NotSignedInError(RefusedError):
    """There is no key, or one that does not count."""


class ForbiddenError(RefusedError):
    """The key may not do this."""


class NotFoundError(RefusedError):
    """There is no such thing, or it is not shared with the key's owner."""


class ConflictError(RefusedError):
    """The thing's state does not allow it."""


class StaleError(RefusedError):
    """Somebody else changed the thing since it was read."""


class TooLargeError(RefusedError):
    """The body is larger than the server takes."""


class UnusableError(RefusedError):
    """Well-formed, but not usable; `fields` says where."""


class TooManyError(RefusedError):
    """Too many tries; wait."""


class UnavailableError(EnvironmentError_):
    """The server does not answer, or lacks something it needs."""


class BrokenServerError(InternalError):
    """The server failed, or what it sent is not understood."""


# What a job's error code means for the exit code of a program.
_EXIT_CODES = {
    "unusable": 2,
    "unsupported": 2,
    "missing_package": 3,
    "build_failed": 3,
    "unavailable": 3,
    "verification_failed": 4,
    "internal": 70,
}


class JobError(TinsmithError):
    """A job ended and did not do what it should.

    Args:
        job: The job; its `error` has code, message and hint.
    """

    def __init__(self, job: Job) -> None:
        reason = f": {job.error.message}" if job.error else ""
        super().__init__(
            f"job {job.id} ({job.kind}) {_ENDED.get(job.state, job.state)}{reason}",
            hint=job.error.hint if job.error else None,
        )
        self.job = job
        self.exit_code = _EXIT_CODES.get(job.error.code if job.error else "", 1)


_ENDED = {"failed": "failed", "cancelled": "was cancelled", "interrupted": "was interrupted"}

_REFUSALS: dict[int, type[RefusedError]] = {
    401: NotSignedInError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    412: StaleError,
    413: TooLargeError,
    422: UnusableError,
    429: TooManyError,
}
# Answers of proxies, and of servers that miss a package.
_UNAVAILABLE = (501, 502, 503, 504)


def error_of(status: int, document: Any, url: str) -> TinsmithError:
    """The error that an answer which is no success stands for.

    Args:
        status: HTTP status.
        document: The body as JSON, or None if it is none.
        url: What was asked, for answers that do not come from Tinsmith.
    """
    told = document.get("error") if isinstance(document, Mapping) else None
    if not isinstance(told, Mapping) or not isinstance(told.get("message"), str):
        told = {"message": f"{url} answered with status {status}, not as Tinsmith does"}
    refusal = _refusal(status, told)
    if status in _UNAVAILABLE:
        return UnavailableError(refusal.message, hint=refusal.hint)
    if 400 <= status < 500:
        return _REFUSALS.get(status, RefusedError)(refusal)
    return BrokenServerError(refusal.message, hint=refusal.hint or "is this the right address?")


def _refusal(status: int, told: Mapping[str, Any]) -> Refusal:
    fields = told.get("fields")
    hint = told.get("hint")
    return Refusal(
        status=status,
        code=str(told.get("code", "error")),
        message=told["message"],
        hint=hint if isinstance(hint, str) else None,
        fields=tuple(
            FieldProblem(str(item.get("path", "")), str(item.get("message", "")))
            for item in (fields if isinstance(fields, list) else [])
            if isinstance(item, Mapping)
        ),
    )

"""What went wrong in a job, in the form in which the API tells all errors."""

from __future__ import annotations

from typing import Any

from tinsmith.core.errors import (
    BuildError,
    EnvironmentError_,
    InputError,
    InternalError,
    MissingPackageError,
    TinsmithError,
    UnsupportedError,
    VerificationError,
)

# The first that fits.
_CODES: tuple[tuple[type[TinsmithError], str], ...] = (
    (UnsupportedError, "unsupported"),
    (InputError, "unusable"),
    (MissingPackageError, "missing_package"),
    (BuildError, "build_failed"),
    (EnvironmentError_, "unavailable"),
    (VerificationError, "verification_failed"),
)


def document(code: str, message: str, hint: str | None = None) -> dict[str, Any]:
    """An error as the API shows it."""
    return {"code": code, "message": message, "hint": hint}


def describe(error: Exception) -> dict[str, Any]:
    """Code, message and hint of what a job raised."""
    if isinstance(error, MemoryError):
        return document("memory", "there was not enough memory", "use less data at once")
    if not isinstance(error, TinsmithError) or isinstance(error, InternalError):
        message = f"{type(error).__name__}: {error}"
        return document("internal", message, "this is a bug of Tinsmith; the job's log says more")
    message = f"{error.path}: {error.message}" if error.path else error.message
    code = next((name for kind, name in _CODES if isinstance(error, kind)), "failed")
    return document(code, message, error.hint)

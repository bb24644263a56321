"""The error tree of Tinsmith.

TinsmithError
├── InputError            the user's input: a file, a value, a design (exit code 2)
│   ├── DecodeError       a file's bytes are not what they claim to be
│   ├── UnsupportedError  well-formed, but not something Tinsmith handles
│   │   └── UnsupportedOperatorError
│   ├── DatasetError      the recordings do not fit together or do not suffice
│   └── DesignError       the impulse or a block parameter makes no sense
├── EnvironmentError_     the machine: a missing package, a failed tool (exit code 3)
│   ├── MissingPackageError
│   └── BuildError        the C compiler refused
├── VerificationError     a build does not compute what was trained (exit code 4)
└── InternalError         our bug (exit code 70)

A message says what happened, with the value seen, and what was expected; `hint` says how to fix it.
"""

from __future__ import annotations

from pathlib import Path


class TinsmithError(Exception):
    """Base of every error Tinsmith raises on purpose.

    Args:
        message: What happened and what was expected, with the value seen.
        hint: What the user can do about it.
        path: The file concerned, if any.
    """

    exit_code = 1

    def __init__(
        self, message: str, *, hint: str | None = None, path: str | Path | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = str(path) if path is not None else None

    def __str__(self) -> str:
        head = f"{self.path}: {self.message}" if self.path else self.message
        return f"{head} ({self.hint})" if self.hint else head

    def at(self, path: str | Path) -> TinsmithError:
        """The same error, saying which file it is about (kept if already known)."""
        if self.path is None:
            self.path = str(path)
        return self


class InputError(TinsmithError):
    """The user's input is wrong; nothing was changed."""

    exit_code = 2


class DecodeError(InputError):
    """A file's bytes are not what they claim to be."""


class UnsupportedError(InputError):
    """Well-formed input of a kind Tinsmith does not handle."""


class UnsupportedOperatorError(UnsupportedError):
    """A model uses an operator the compiler has no kernel for."""


class DatasetError(InputError):
    """The recordings do not fit together or do not suffice."""


class DesignError(InputError):
    """The impulse or one of its parameters makes no sense."""


class EnvironmentError_(TinsmithError):  # noqa: N801, N818 - the built-in has the plain name
    """The machine lacks something or a tool failed."""

    exit_code = 3


class MissingPackageError(EnvironmentError_):
    """An optional package is needed and not installed."""


class BuildError(EnvironmentError_):
    """The C compiler refused."""


class VerificationError(TinsmithError):
    """A build does not compute what was trained."""

    exit_code = 4


class InternalError(TinsmithError):
    """An invariant of Tinsmith itself is broken."""

    exit_code = 70

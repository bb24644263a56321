"""What can go wrong with stored content.

EnvironmentError_
└── BlobError             the folder or bucket refuses, is full or does not answer
    ├── BlobMissingError  nothing is stored under that hash
    └── BlobDamagedError  what is stored is not what was put there
InputError
└── BlobTooLargeError     more bytes than the limit
"""

from __future__ import annotations

from tinsmith.core.errors import EnvironmentError_, InputError


class BlobError(EnvironmentError_):
    """The folder or bucket refuses, is full or does not answer."""


class BlobMissingError(BlobError):
    """Nothing is stored under that hash."""

    def __init__(self, hash: str) -> None:
        super().__init__(
            f"no content is stored under {hash}",
            hint="restore it from a backup, or remove what refers to it",
        )
        self.hash = hash


class BlobDamagedError(BlobError):
    """What is stored is not what was put there."""

    def __init__(self, hash: str, seen: str, size: int) -> None:
        super().__init__(
            f"the content stored as {hash} is damaged: its {size} bytes have the hash {seen}",
            hint="restore it from a backup, or delete it and upload the original again",
        )
        self.hash = hash


class BlobTooLargeError(InputError):
    """More bytes than the limit."""

"""Fetching files: piece by piece, checked by hash, whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

import httpx

from tinsmith.client.errors import BrokenServerError
from tinsmith.client.sending import Patience, stream, unreachable
from tinsmith.client.steps import Answer, Close, Pause, Read, Request, Step
from tinsmith.core.paths import usual_mode
from tinsmith.core.progress import Progress
from tinsmith.core.progress import Step as Report

_SHA256 = re.compile(r'"([0-9a-f]{64})"')
_NAME = re.compile(r"filename\*=UTF-8''([^;]+)|filename=\"([^\"]+)\"", re.IGNORECASE)
# A download that breaks off begins anew this often.
_AGAIN = Patience(retries=3)


@dataclass(frozen=True)
class Downloaded:
    """A file that was fetched.

    Args:
        path: Where it is now.
        sha256: Hash of its content.
        size: Bytes.
    """

    path: Path
    sha256: str
    size: int


def download(
    path: str, to: Path, progress: Progress, *, is_content_hash: bool = True
) -> Generator[Step, Any, Downloaded]:
    """Fetches a file of the API.

    Args:
        path: Where it is, below the API's root.
        to: The file to write, or an existing folder for it; then the server names the file.
        progress: Receives the bytes that came so far.
        is_content_hash: Whether the answer's ETag is the hash of its content.

    Raises:
        UnavailableError: The connection breaks again and again.
        BrokenServerError: What came is not what the server has, by its hash.
    """
    number = 0
    while True:
        answer = yield from stream(Request("GET", path))
        target = to / file_name(answer) if to.is_dir() else to
        try:
            expected = _SHA256.search(answer.headers.get("etag", "")) if is_content_hash else None
            return (yield from _receive(answer, target, progress, expected and expected[1]))
        except httpx.TransportError as error:
            if number >= _AGAIN.retries:
                raise unreachable(error) from error
        yield Close(answer)
        yield Pause(_AGAIN.pause_s(number))
        number += 1


def file_name(answer: Answer) -> str:
    """The name the server gives to a file; never a path."""
    found = _NAME.search(answer.headers.get("content-disposition", ""))
    name = unquote(found[1]) if found and found[1] else found[2] if found else ""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if character.isprintable())
    return kept if kept.strip(". ") else "download"


def _receive(
    answer: Answer, target: Path, progress: Progress, expected: str | None
) -> Generator[Step, Any, Downloaded]:
    total = int(answer.headers.get("content-length", 0) or 0)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            sha256, size = yield from _copy(answer, file, total, progress)
        _check(expected, sha256)
        Path(temporary).chmod(usual_mode())
        Path(temporary).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    return Downloaded(target, sha256, size)


def _copy(
    answer: Answer, file: BinaryIO, total: int, progress: Progress
) -> Generator[Step, Any, tuple[str, int]]:
    sha, size = hashlib.sha256(), 0
    while piece := (yield Read(answer)):
        file.write(piece)
        sha.update(piece)
        size += len(piece)
        progress(Report("download", size, total))
    return sha.hexdigest(), size


def _check(expected: str | None, sha256: str) -> None:
    if expected and expected != sha256:
        raise BrokenServerError(
            f"the file that came has the hash {sha256}; the server has {expected}",
            hint="download it again; something on the way changes files",
        )

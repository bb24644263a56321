"""Forms with many files (RFC 7578), read as they arrive: one file at a time is in memory.

A general parser calls back for each header's name, value and end, which takes as long as storing
the file's row. Here one search finds where a part ends, and one pattern reads a usual head.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from enum import Enum, auto
from typing import Any

from tinsmith.server.errors import ApiError, TooLargeError

_FIELD_BYTES = 64 * 1024
_FIELDS = 20
# The longest head of a part, and the longest boundary (RFC 2046 allows 70).
_HEAD_BYTES = 16 * 1024
_HEAD_END = b"\r\n\r\n"
_BOUNDARY_LENGTH = 200
_PLAIN_HEAD = re.compile(
    rb'\r\nContent-Disposition: form-data; name="([^"\\\r\n]*)"(?:; filename="([^"\\\r\n]*)")?'
    rb"(?:\r\nContent-Type: [^\r\n]*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of a form.

    Args:
        name: Of the field.
        file_name: None if the field is no file.
        data: Its content.
    """

    name: str
    file_name: str | None
    data: bytes


class _At(Enum):
    """What comes next; a head is all from behind a boundary to an empty line."""

    START = auto()
    HEAD = auto()
    CONTENT = auto()
    END = auto()


class FormReader:
    """Takes a form in pieces and gives its entries as they are complete.

    Args:
        content_type: Of the request, with its boundary.
        max_files: How many files there may be.
        max_file_bytes: How large each may be.

    Raises:
        ApiError: The content type is no form.
    """

    def __init__(self, content_type: str, *, max_files: int, max_file_bytes: int) -> None:
        self._line = b"\r\n--" + _boundary(content_type)
        self._max_files, self._max_file_bytes = max_files, max_file_bytes
        self._at = _At.START
        # What was not understood yet. The first boundary needs no line before it.
        self._rest = b"\r\n"
        self._name = ""
        self._file_name: str | None = None
        # Content of the part that is arriving.
        self._pieces: list[bytes] = []
        self._size = 0
        self._files = self._fields = 0

    def feed(self, arrived: bytes | memoryview) -> list[Part]:
        """The entries that are complete with these bytes.

        Raises:
            ApiError: The form is broken.
            TooLargeError: It holds more or larger files than allowed.
        """
        data = b"".join((self._rest, arrived))
        done: list[Part] = []
        position = 0
        while (end := self._end(data, position)) >= 0:
            if self._at is _At.HEAD:
                self._begin(data[position:end])
                position = end + len(_HEAD_END)
                continue
            self._take(data[position:end])
            if self._at is _At.CONTENT:
                done.append(self._part())
            self._at, position = _At.HEAD, end + len(self._line)
        if self._at in (_At.START, _At.CONTENT):
            # All but what may be the beginning of a boundary.
            end = max(position, len(data) - len(self._line) + 1)
            self._take(data[position:end])
            position = end
        self._rest = b"" if self._at is _At.END else data[position:]
        return done

    def close(self) -> None:
        """Makes sure that all of the form has arrived.

        Raises:
            ApiError: It has not.
        """
        if self._at is not _At.END:
            raise _broken("the form ends too early")

    def _end(self, data: bytes, position: int) -> int:
        """Where ends what begins at a position; -1 if that has not arrived."""
        if self._at is _At.HEAD and data.startswith(b"--", position):
            self._at = _At.END
        if self._at is _At.END:
            return -1
        if self._at is not _At.HEAD:
            return data.find(self._line, position)
        end = data.find(_HEAD_END, position, position + _HEAD_BYTES)
        if end < 0 and len(data) - position >= _HEAD_BYTES:
            raise _broken(f"the head of a part is longer than {_HEAD_BYTES} bytes")
        return end

    def _begin(self, head: bytes) -> None:
        """Begins a part: notes what its head says."""
        self._name, self._file_name = _names(head)
        if self._file_name is None:
            self._fields += 1
        else:
            self._files += 1
        if self._files > self._max_files or self._fields > _FIELDS:
            raise TooLargeError(
                f"more than {self._max_files} files or {_FIELDS} fields in one request",
                hint="send several requests",
            )
        self._at = _At.CONTENT

    def _take(self, data: bytes) -> None:
        """Keeps some of a part's content."""
        if self._at is _At.START:
            if data.strip(b"\r\n"):
                raise _broken("it does not begin with its boundary")
            return
        self._size += len(data)
        limit = _FIELD_BYTES if self._file_name is None else self._max_file_bytes
        if self._size > limit:
            raise TooLargeError(
                f"{self._file_name or self._name} is larger than {limit} bytes",
                hint="leave it out; large files are sent in pieces, as resumable uploads",
            )
        self._pieces.append(data)

    def _part(self) -> Part:
        """The part that is complete now."""
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces, self._size = [], 0
        return Part(self._name, self._file_name, data)


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise _broken("the content type is no multipart/form-data with a boundary")
    if not (boundary.isascii() and boundary.isprintable() and 0 < len(boundary) < _BOUNDARY_LENGTH):
        raise _broken("the boundary is not usable")
    return boundary.encode()


def _names(head: bytes) -> tuple[str, str | None]:
    """The names of a part's field and file, if it has them, from what follows its boundary."""
    # Nearly all look like this; the library for all others takes longer than the file.
    if plain := _PLAIN_HEAD.fullmatch(head):
        name, file_name = plain.groups()
        return _text(name), None if file_name is None else _text(file_name).strip()
    padding, *lines = head.split(b"\r\n")
    if padding.strip(b" \t"):
        raise _broken("a boundary is followed by other text")
    disposition = b""
    for line in lines:
        key, colon, value = line.partition(b":")
        if not colon:
            raise _broken("a line in the head of a part is no header")
        if key.lower() == b"content-disposition":
            disposition = value.strip(b" \t")
    message = Message()
    message["content-disposition"] = _text(disposition)
    found: Any = message.get_param("name", header="content-disposition")
    if not isinstance(found, str):
        raise _broken("a part of the form has no name")
    return found, message.get_filename()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _broken(what: str) -> ApiError:
    return ApiError(f"the form cannot be read: {what}", hint="send multipart/form-data")

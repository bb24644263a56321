"""Forms with many files, read as they arrive: one file at a time is in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from typing import Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from tinsmith.server.errors import ApiError, TooLargeError

_FIELD_BYTES = 64 * 1024
_FIELDS = 20
_PLAIN = re.compile(r'form-data; name="([^"\\\r\n]*)"(?:; filename="([^"\\\r\n]*)")?')


@dataclass(frozen=True)
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


class _Open:
    """A part that is arriving."""

    __slots__ = ("disposition", "file_name", "header", "name", "pieces", "size", "value")

    def __init__(self) -> None:
        self.disposition = self.header = self.value = b""
        self.pieces: list[bytes] = []
        self.size = 0
        self.name = ""
        self.file_name: str | None = None


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
        message = Message()
        message["content-type"] = content_type
        boundary = message.get_param("boundary")
        if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
            raise _broken("the content type is no multipart/form-data with a boundary")
        self._max_files, self._max_file_bytes = max_files, max_file_bytes
        self._part = _Open()
        self._done: list[Part] = []
        self._files = self._fields = 0
        self._has_ended = False
        callbacks: Any = {
            "on_part_begin": self._begin,
            "on_header_field": self._take_header,
            "on_header_value": self._take_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_content,
            "on_part_data": self._take,
            "on_part_end": self._end,
            "on_end": self._finish,
        }
        try:
            self._parser = MultipartParser(boundary.encode("latin-1"), callbacks)
        except (ValueError, MultipartParseError) as error:
            raise _broken("the boundary is not usable") from error

    def feed(self, data: bytes) -> list[Part]:
        """The entries that are complete with these bytes.

        Raises:
            ApiError: The form is broken.
            TooLargeError: It holds more or larger files than allowed.
        """
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise _broken(str(error)) from error
        done, self._done = self._done, []
        return done

    def close(self) -> None:
        """Makes sure that all of the form has arrived.

        Raises:
            ApiError: It has not.
        """
        if not self._has_ended:
            raise _broken("the form ends too early")

    def _begin(self) -> None:
        self._part = _Open()

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._part.header += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._part.value += data[start:end]

    def _end_header(self) -> None:
        part = self._part
        if part.header.lower() == b"content-disposition":
            part.disposition = part.value
        part.header = part.value = b""

    def _begin_content(self) -> None:
        disposition = self._part.disposition.decode("utf-8", "replace")
        name, self._part.file_name = _names(disposition)
        if not isinstance(name, str):
            raise _broken("a part of the form has no name")
        self._part.name = name
        if self._part.file_name is None:
            self._fields += 1
        else:
            self._files += 1
        if self._files > self._max_files or self._fields > _FIELDS:
            raise TooLargeError(
                f"more than {self._max_files} files or {_FIELDS} fields in one request",
                hint="send several requests",
            )

    def _take(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.size += end - start
        limit = _FIELD_BYTES if part.file_name is None else self._max_file_bytes
        if part.size > limit:
            raise TooLargeError(
                f"{part.file_name or part.name} is larger than {limit} bytes",
                hint="leave it out; large files are sent in pieces, as resumable uploads",
            )
        part.pieces.append(data[start:end])

    def _end(self) -> None:
        part = self._part
        data = part.pieces[0] if len(part.pieces) == 1 else b"".join(part.pieces)
        self._done.append(Part(part.name, part.file_name, data))

    def _finish(self) -> None:
        self._has_ended = True


def _names(disposition: str) -> tuple[Any, str | None]:
    """The names of a part's field and file, if it has them."""
    # Nearly all look like this; the library for all others takes longer than the file.
    if plain := _PLAIN.fullmatch(disposition):
        return plain[1], None if plain[2] is None else plain[2].strip()
    message = Message()
    message["content-disposition"] = disposition
    return message.get_param("name", header="content-disposition"), message.get_filename()


def _broken(what: str) -> ApiError:
    return ApiError(f"the form cannot be read: {what}", hint="send multipart/form-data")

"""The words of the tus protocol: headers in, headers out."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from pydantic import ValidationError

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.archive import clean_name
from tinsmith.jobs.tasks.import_data import ImportOptions
from tinsmith.server.errors import ApiError, FieldProblem, UnusableError
from tinsmith.server.text import clean_text, clean_values

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration,checksum"
ALGORITHMS = ("sha1", "sha256", "md5")
CONTENT_TYPE = "application/offset+octet-stream"
# What clients send of their own accord and nobody needs.
_IGNORED = {"filetype", "type", "name"}
_MAX_METADATA = 64 * 1024
_JSON = {"metadata", "class_names", "apply", "allow_duplicates", "use_rule", "video_rate_hz"}


class VersionError(ApiError):
    """The client speaks another version of the protocol."""

    status = 412
    code = "tus_version"


class ChecksumError(ApiError):
    """The bytes that arrived are not those that were sent."""

    status = 460
    code = "checksum_mismatch"


class MediaTypeError(ApiError):
    """The content type is not the one of this protocol."""

    status = 415
    code = "unsupported_type"


@dataclass(frozen=True)
class Wanted:
    """What the metadata of an upload says: the file's name, and how it is imported."""

    name: str
    options: ImportOptions


def require_version(given: str | None) -> None:
    """Refuses clients of another version.

    Raises:
        VersionError: The header is absent or names another version.
    """
    if given != VERSION:
        error = VersionError(
            f"Tus-Resumable is {given!r}; expected {VERSION}", hint="use a client of tus 1.0"
        )
        error.headers["Tus-Version"] = VERSION
        raise error


def require_content_type(given: str | None) -> None:
    """Refuses bodies of another type.

    Raises:
        MediaTypeError: It is another one.
    """
    if (given or "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise MediaTypeError(f"the content type is {given!r}; expected {CONTENT_TYPE}")


def expires(moment: datetime) -> str:
    """A moment as the header says it."""
    return format_datetime(moment, usegmt=True)


class Checksum:
    """Compares bytes with what `Upload-Checksum` says of them.

    Raises:
        UnusableError: The algorithm is not known, or the sum is no base64.
    """

    def __init__(self, header: str) -> None:
        name, _, text = header.strip().partition(" ")
        if name not in ALGORITHMS:
            raise _bad_header(
                "upload-checksum", f"the algorithm is {name[:40]!r}; expected {ALGORITHMS}"
            )
        self._wanted = _decoded(text, "upload-checksum")
        self._sum: Any = hashlib.new(name, usedforsecurity=False)

    def update(self, data: bytes) -> None:
        """Takes the next bytes."""
        self._sum.update(data)

    def verify(self) -> None:
        """Compares.

        Raises:
            ChecksumError: They are others.
        """
        if self._sum.digest() != self._wanted:
            raise ChecksumError(
                "the bytes do not have the checksum that was sent with them", hint="send them again"
            )


def parse_metadata(header: str | None) -> Wanted:
    """File name and options of `Upload-Metadata`.

    Raises:
        UnusableError: It is not understood, says no name, or an option that does not exist.
    """
    if len(header or "") > _MAX_METADATA:
        raise _bad_header("upload-metadata", f"is longer than {_MAX_METADATA} characters")
    fields: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in (header or "").split(","))):
        key, _, value = pair.partition(" ")
        if key in fields:
            raise _bad_header("upload-metadata", f"{key[:40]!r} comes twice")
        try:
            fields[key] = clean_text(_decoded(value, "upload-metadata").decode())
        except ValueError as error:
            raise _bad_header("upload-metadata", f"{key[:40]!r} is no text: {error}") from None
    name = fields.pop("filename", None) or fields.get("name") or ""
    relative = fields.pop("relativePath", "")
    if relative not in ("", "null"):
        name = relative
    options = {key: value for key, value in fields.items() if key not in _IGNORED}
    return Wanted(_name(name), _options(options))


def _name(name: str) -> str:
    try:
        cleaned = clean_name(name)
    except DatasetError as error:
        raise _bad_header("upload-metadata", error.message) from None
    if len(cleaned) > 400:
        raise _bad_header("upload-metadata", "the file name has more than 400 characters")
    return cleaned


def _options(fields: dict[str, str]) -> ImportOptions:
    """Options from texts; those that are no texts are JSON."""
    import json

    values: dict[str, Any] = {}
    for key, value in fields.items():
        try:
            values[key] = json.loads(value) if key in _JSON else value
        except (ValueError, RecursionError):
            raise _bad_header("upload-metadata", f"{key} is no JSON") from None
    return import_options(values, "header.upload-metadata")


def import_options(values: dict[str, Any], where: str) -> ImportOptions:
    """Options from plain values.

    Raises:
        UnusableError: One does not exist or is not usable; says which.
    """
    try:
        return ImportOptions.model_validate(clean_values(values))
    except ValidationError as error:
        problems = [
            FieldProblem(
                path=".".join([where, *(str(part)[:80] for part in item["loc"])]),
                message=item["msg"],
            )
            for item in error.errors()
        ]
    except ValueError as error:
        problems = [FieldProblem(path=where, message=str(error))]
    message = f"{problems[0].path}: {problems[0].message}"
    raise UnusableError(message, hint="correct the options named", fields=problems)


def _decoded(text: str, header: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise _bad_header(header, f"{text[:40]!r} is no base64") from None


def _bad_header(name: str, message: str) -> UnusableError:
    return UnusableError(
        f"{name}: {message}",
        hint="see the tus protocol, version 1.0",
        fields=[FieldProblem(path=f"header.{name}", message=message)],
    )

"""Addresses of stores: a folder, or a bucket of S3, Google Cloud Storage or Azure.

    var/blobs                                   a folder
    file:///var/lib/tinsmith/blobs              the same by address
    s3://bucket/prefix?endpoint=…&region=…      S3 and everything that speaks like it
    gs://bucket/prefix                          Google Cloud Storage
    az://container/prefix?account=…             Azure Blob Storage

Credentials never stand in an address. They come from the environment, by the names each provider
documents: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, or the role of the
machine; `GOOGLE_APPLICATION_CREDENTIALS`; `AZURE_STORAGE_ACCOUNT_KEY` or `AZURE_STORAGE_SAS_KEY`,
or the managed identity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tinsmith.core.errors import InputError

Scheme = Literal["s3", "gs", "az"]

# What may stand behind `?`, and how the library for buckets calls it.
OPTIONS: Mapping[Scheme, Mapping[str, str]] = {
    "s3": {"endpoint": "endpoint", "region": "region"},
    "gs": {"endpoint": "base_url"},
    "az": {"account": "account_name", "endpoint": "endpoint"},
}
_BUCKET = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,220}")
_SEGMENT = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._=-]*")
_FORMS = "give a folder, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"


@dataclass(frozen=True)
class BucketLocation:
    """A place in a bucket.

    Args:
        scheme: Whose bucket.
        bucket: Its name.
        prefix: What every key begins with; empty, or ending in a slash.
        options: Settings under the names of the library for buckets.
    """

    scheme: Scheme
    bucket: str
    prefix: str
    options: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.prefix}"


def parse_location(url: str) -> Path | BucketLocation:
    """What an address stands for.

    Raises:
        InputError: It is of no known form.
    """
    if "://" not in url:
        try:
            return _folder(url).expanduser()
        except RuntimeError as error:
            raise InputError(f"{url!r} names a user who is unknown", hint=_FORMS) from error
    try:
        parts = urlsplit(url)
        secret = parts.username or parts.password
    except ValueError as error:
        raise InputError(f"the address of a store makes no sense: {error}", hint=_FORMS) from error
    if secret:
        # The message does not repeat the address: it holds a secret.
        raise InputError(
            f"the {parts.scheme}:// address of a store contains credentials",
            hint="take them out and set them in the environment",
        )
    if parts.scheme == "file":
        return _file(parts, url)
    for scheme, options in OPTIONS.items():
        if parts.scheme == scheme:
            return BucketLocation(
                scheme, _bucket(parts, url), _prefix(parts, url), _options(parts, options)
            )
    raise InputError(f"{url!r} is not the address of a store", hint=_FORMS)


def _folder(text: str) -> Path:
    if not text or "\0" in text:
        raise InputError(f"{text!r} is not the address of a store", hint=_FORMS)
    return Path(text)


def _file(parts: SplitResult, url: str) -> Path:
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment or not parts.path:
        raise InputError(
            f"{url!r} is not the address of a folder",
            hint="write file:///path/of/the/folder, with three slashes and nothing behind the path",
        )
    return _folder(unquote(parts.path))


def _bucket(parts: SplitResult, url: str) -> str:
    if not _BUCKET.fullmatch(parts.netloc):
        raise InputError(
            f"{url!r} does not name a bucket", hint=f"write {parts.scheme}://bucket/prefix"
        )
    return parts.netloc


def _prefix(parts: SplitResult, url: str) -> str:
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    if not all(_SEGMENT.fullmatch(segment) for segment in segments) or parts.fragment:
        raise InputError(
            f"{url!r} has a prefix that cannot be used",
            hint="use letters, digits, '.', '_', '-' and '=', with '/' between the parts",
        )
    return "".join(f"{segment}/" for segment in segments)


def _options(parts: SplitResult, known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    given = parse_qsl(parts.query, keep_blank_values=True)
    wrong = [name for name, value in given if name not in known or not value]
    if wrong:
        raise InputError(
            f"the {parts.scheme}:// address of a store has {wrong[0]!r} without a use",
            hint=f"known behind the '?' are {', '.join(f'{name}=…' for name in known)}",
        )
    for name, value in given:
        if name == "endpoint" and not value.startswith(("https://", "http://")):
            raise InputError(
                f"{value!r} is not an endpoint", hint="write endpoint=https://host of the service"
            )
    return tuple((known[name], value) for name, value in given)

"""A bucket of S3, Google Cloud Storage or Azure: bytes under keys, over the network.

An upload appears whole or not at all. A large one is sent in parts; a process killed meanwhile
leaves parts that no listing shows, which a lifecycle rule of the bucket should remove.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

from tinsmith.core.errors import InputError, MissingPackageError
from tinsmith.store.blobs.errors import BlobError
from tinsmith.store.blobs.location import BucketLocation
from tinsmith.store.blobs.presign import renamed

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

# A large upload has this many parts of 5 MiB in memory.
PARTS_AT_ONCE = 4
WEEK_S = 7 * 24 * 3600
# A user who opens a store is told soon; work under way waits out a short failure of the network.
_OPENING = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}
_WORKING = {"max_retries": 8, "retry_timeout": timedelta(seconds=120)}
_CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}


class Bucket:
    """Objects under keys in one place of a bucket.

    Args:
        location: The place; its prefix begins every key.

    Raises:
        BlobError: The bucket does not exist, refuses the credentials, or does not answer.
        MissingPackageError: The package obstore is not installed.
    """

    def __init__(self, location: BucketLocation) -> None:
        self.location = location
        _need_library()
        with self._explained():
            # Listing what is not there asks for the right to list and for the bucket, not for keys.
            _connect(location, _OPENING).list(f"{location.prefix}no-such-folder").collect()
            self._store = _connect(location, _WORKING)

    def put(self, key: str, content: bytes | IO[bytes]) -> None:
        """Stores an object, replacing what is there."""
        with self._explained():
            self._store.put(self._key(key), content, max_concurrency=PARTS_AT_ONCE)

    def create(self, key: str, data: bytes) -> bool:
        """Stores an object unless there is one; returns whether it did."""
        from obstore.exceptions import AlreadyExistsError

        with self._explained():
            try:
                self._store.put(self._key(key), data, mode="create")
            except AlreadyExistsError:
                return False
            return True

    def size(self, key: str) -> int | None:
        """Number of bytes of an object, or None where there is none."""
        with self._explained():
            try:
                return self._store.head(self._key(key))["size"]
            except FileNotFoundError:
                return None

    def stored_at(self, key: str) -> datetime | None:
        """When an object was put, or None where there is none."""
        with self._explained():
            try:
                return self._store.head(self._key(key))["last_modified"]
            except FileNotFoundError:
                return None

    def get(self, key: str) -> bytes | None:
        """An object, or None where there is none."""
        with self._explained():
            try:
                return bytes(self._store.get(self._key(key)).bytes())
            except FileNotFoundError:
                return None

    def read(self, key: str, start: int, length: int) -> bytes | None:
        """A part of an object, shorter at its end, or None where there is none."""
        size = self.size(key)
        if size is None:
            return None
        end = min(start + length, size)
        # Services answer a request for nothing with an error.
        if start >= end:
            return b""
        with self._explained():
            try:
                return bytes(self._store.get_range(self._key(key), start=start, end=end))
            except FileNotFoundError:
                return None

    def stream(self, key: str, chunk: int) -> Iterator[bytes] | None:
        """An object in pieces of about `chunk` bytes, or None where there is none."""
        with self._explained():
            try:
                found = self._store.get(self._key(key))
            except FileNotFoundError:
                return None
        return self._pieces(found.stream(chunk))

    def delete(self, key: str) -> None:
        """Removes an object; what is not there is no error."""
        with self._explained():
            try:
                self._store.delete(self._key(key))
            except FileNotFoundError:
                return

    def list_keys(self) -> Iterator[str]:
        """Every key, without the prefix."""
        prefix = self.location.prefix
        listing = iter(self._store.list(prefix.rstrip("/") or None, chunk_size=1000))
        while True:
            with self._explained():
                batch = next(listing, None)
            if batch is None:
                return
            for entry in batch:
                yield entry["path"].removeprefix(prefix)

    def url(self, key: str, filename: str | None, seconds: int) -> str | None:
        """A download address that works for a while; None where it cannot carry the file's name.

        Raises:
            InputError: `seconds` is not between 1 and a week.
        """
        import obstore

        if not 1 <= seconds <= WEEK_S:
            raise InputError(
                f"an address cannot work for {seconds} s", hint=f"give 1 to {WEEK_S} s (a week)"
            )
        with self._explained():
            signed = obstore.sign(self._store, "GET", self._key(key), timedelta(seconds=seconds))
        if filename is None:
            return signed
        secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
        if self.location.scheme != "s3" or not secret:
            return None
        return renamed(signed, filename, os.environ.get("AWS_ACCESS_KEY_ID", ""), secret)

    def _key(self, key: str) -> str:
        return f"{self.location.prefix}{key}"

    def _pieces(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        while True:
            with self._explained():
                piece = next(stream, None)
            if piece is None:
                return
            # Not always `bytes`, whatever its type says.
            yield bytes(piece)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            raise _explanation(error, self.location) from error


def _need_library() -> None:
    if importlib.util.find_spec("obstore") is None:
        raise MissingPackageError(
            "buckets need the package obstore, which is not installed",
            hint="pip install 'tinsmith[server]'",
        )


def _connect(location: BucketLocation, retry: dict[str, Any]) -> S3Store | GCSStore | AzureStore:
    from obstore.store import AzureStore, GCSStore, S3Store

    config: Any = dict(location.options)
    plain = any(value.startswith("http://") for value in config.values())
    # The library's 30 s for a whole answer would cut large files; a stalled one still ends.
    client: Any = {"timeout": "1 day", "read_timeout": "30s", "connect_timeout": "5s"}
    if plain:
        client["allow_http"] = True
    settings: dict[str, Any] = {"client_options": client, "retry_config": retry}
    if location.scheme == "gs":
        return GCSStore(location.bucket, config=config, **settings)
    if location.scheme == "az":
        return AzureStore(location.bucket, config=config, **settings)
    # Removing one at a time is what every server that speaks S3 knows.
    return S3Store(location.bucket, config=config | {"disable_bulk_delete": True}, **settings)


def _explanation(error: Exception, location: BucketLocation) -> BlobError:
    """The error with what to do about it; behind its first line is a dump of the library."""
    text = " ".join(str(error).partition("\n\nDebug source")[0].split())
    credentials = _CREDENTIALS[location.scheme]
    status = re.search(r"status code: (\d+)", text)
    code = int(status[1]) if status else None
    if "169.254.169.254" in text or "metadata" in text.lower() or "MissingAccount" in str(error):
        message, hint = "no credentials for the bucket were found", credentials
    elif code in (401, 403):
        message = "the bucket refuses access"
        hint = f"{credentials} of a user who may list, read and write it"
    elif code == 404 or isinstance(error, FileNotFoundError):
        message, hint = "the bucket does not exist", "create it, or correct its name"
    elif code in (301, 400):
        message, hint = "the bucket refuses the request", "check region and endpoint"
    else:
        message = "the bucket cannot be reached"
        hint = "check the endpoint and the network, and try again"
    return BlobError(f"{message}: {text[:300]}", path=str(location), hint=hint)

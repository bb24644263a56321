"""Opens stores by address; the one place that chooses between a folder and a bucket."""

from __future__ import annotations

from pathlib import Path

from tinsmith.core.paths import cache_dir
from tinsmith.store.blobs.blob import BlobStore
from tinsmith.store.blobs.bucket import Bucket
from tinsmith.store.blobs.copies import Copies
from tinsmith.store.blobs.folder import FolderBlobs
from tinsmith.store.blobs.location import parse_location
from tinsmith.store.blobs.objects import BucketObjects, FolderObjects, Objects
from tinsmith.store.blobs.remote import RemoteBlobs

CACHE_BYTES = 10 << 30


def open_blobs(
    url: str,
    cache: Path | None = None,
    *,
    durable: bool = False,
    cache_bytes: int = CACHE_BYTES,
) -> BlobStore:
    """Opens the store at an address; see `location` for the forms and the credentials.

    Args:
        url: A folder, or `file:///…`, `s3://…`, `gs://…` or `az://…`.
        cache: Where copies of a remote store's content go; None for the user's cache folder. A
            store in a folder needs none.
        durable: Whether each `put` into a folder waits until a power cut cannot undo it. A bucket
            always does.
        cache_bytes: How many bytes of copies are kept.

    Raises:
        InputError: The address is of no known form.
        BlobError: The folder or bucket is absent, refuses or does not answer.
        MissingPackageError: A bucket is wanted and the package obstore is not installed.
    """
    location = parse_location(url)
    if isinstance(location, Path):
        return FolderBlobs(location, durable=durable)
    copies = Copies(cache or cache_dir() / "blobs", cache_bytes)
    return RemoteBlobs(Bucket(location), copies)


def open_objects(url: str) -> Objects:
    """Opens named results at an address of the same forms as `open_blobs`.

    Raises:
        InputError: The address is of no known form.
        BlobError: The folder or bucket is absent, refuses or does not answer.
        MissingPackageError: A bucket is wanted and the package obstore is not installed.
    """
    location = parse_location(url)
    if isinstance(location, Path):
        return FolderObjects(location)
    return BucketObjects(Bucket(location))

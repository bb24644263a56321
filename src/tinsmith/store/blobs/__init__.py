"""Content by its hash and results by name, in a folder or a bucket."""

from tinsmith.store.blobs.blob import Blob, BlobStore
from tinsmith.store.blobs.errors import (
    BlobDamagedError,
    BlobError,
    BlobMissingError,
    BlobTooLargeError,
)
from tinsmith.store.blobs.objects import Objects, SharedCache
from tinsmith.store.blobs.opening import open_blobs, open_objects

__all__ = [
    "Blob",
    "BlobDamagedError",
    "BlobError",
    "BlobMissingError",
    "BlobStore",
    "BlobTooLargeError",
    "Objects",
    "SharedCache",
    "open_blobs",
    "open_objects",
]

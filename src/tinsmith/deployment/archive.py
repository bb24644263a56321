"""A zip that depends on nothing but the files in it: sorted names, fixed times and modes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

# The earliest moment a zip can name.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644


def pack(files: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip with `files` by path; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, date_time=_TIME)
            info.create_system = 3  # Unix, on every host
            info.external_attr = _MODE << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[path], compresslevel=9)
    return buffer.getvalue()

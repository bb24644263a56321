"""The C core's files, and which headers a set of sources needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from tinsmith.core.errors import InternalError
from tinsmith.core.paths import runtime_dir

# A kernel compiled at several levels is a header that the source names as TIN_KERNEL.
_INCLUDE = re.compile(
    rb'^[ \t]*#[ \t]*(?:include|define[ \t]+TIN_KERNEL)[ \t]+"([^"]+)"', re.MULTILINE
)


def runtime_files() -> dict[str, bytes]:
    """Every source and header of the C core, by path."""
    root = runtime_dir()
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("include", "src")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def needed_headers(
    sources: Iterable[str], files: Mapping[str, bytes], include_dirs: Iterable[str]
) -> tuple[str, ...]:
    """Paths of every header that `sources` include, directly or not, sorted.

    Args:
        sources: Paths in `files` to start from.
        files: All files there are, by path.
        include_dirs: Folders searched after the including file's own.

    Raises:
        InternalError: A file includes something that is not there.
    """
    folders = tuple(include_dirs)
    waiting = list(sources)
    found: set[str] = set()
    while waiting:
        path = waiting.pop()
        for name in _INCLUDE.findall(files[path]):
            header = _find(name.decode(), path, files, folders)
            if header not in found:
                found.add(header)
                waiting.append(header)
    return tuple(sorted(found))


def _find(name: str, includer: str, files: Mapping[str, bytes], folders: tuple[str, ...]) -> str:
    own = posixpath.dirname(includer)
    for folder in (own, *folders):
        candidate = posixpath.normpath(f"{folder}/{name}")
        if candidate in files:
            return candidate
    raise InternalError(f"{includer} includes {name!r}, which is in none of {', '.join(folders)}")

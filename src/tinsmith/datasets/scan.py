"""The files of a folder: which are recordings, which are ignored, which are refused unseen."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import Problem
from tinsmith.signals import EXTENSIONS, extension_of

_DOCUMENTS = (
    "readme",
    "license",
    "licence",
    "copying",
    "credits",
    "citation",
    "manifest",
    "notice",
)
_NO_DATA = frozenset({
    "md", "rst", "html", "pdf", "labels", "py", "ipynb", "yaml", "yml", "toml", "jsonl", "log",
})  # fmt: skip
_CLUTTER = frozenset({"thumbs.db", "desktop.ini", "__macosx", "__pycache__"})


@dataclass(frozen=True)
class Scan:
    """What a folder holds.

    Args:
        files: Relative paths with forward slashes of the files to read, sorted.
        problems: Files and folders that were refused without being opened.
        ignored: Relative paths of hidden files, documents and clutter.
    """

    files: tuple[str, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]


def scan_folder(root: Path) -> Scan:
    """Lists the files under `root` without opening any of them. Links are never followed.

    Raises:
        DatasetError: `root` is not a folder that can be listed.
    """
    if not root.is_dir():
        found = "is a file" if root.exists() else "does not exist"
        raise DatasetError(f"{found}; expected a folder with recordings", path=root)
    files: list[str] = []
    problems: list[Problem] = []
    ignored: list[str] = []
    for path, kind in _walk(root, root, problems):
        relative = path.relative_to(root).as_posix()
        if is_ignored(path.name):
            ignored.append(relative)
        elif problem := _refusal(relative, kind):
            problems.append(problem)
        else:
            files.append(relative)
    return Scan(tuple(sorted(files)), tuple(problems), tuple(sorted(ignored)))


def _walk(root: Path, folder: Path, problems: list[Problem]) -> Iterator[tuple[Path, str]]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        if folder == root:
            raise DatasetError(f"cannot be listed: {error.strerror}", path=root) from error
        relative = folder.relative_to(root).as_posix()
        problems.append(Problem(relative, f"the folder cannot be listed: {error.strerror}"))
        return
    for entry in entries:
        kind = _kind(entry)
        if kind == "folder" and not is_ignored(entry.name):
            yield from _walk(root, Path(entry.path), problems)
        else:
            yield Path(entry.path), kind


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return "unreadable"
    if stat.S_ISLNK(mode):
        return "link"
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "special"


def _refusal(relative: str, kind: str) -> Problem | None:
    """Why a path is not even opened; None if it is to be read."""
    try:
        relative.encode()
    except UnicodeEncodeError:
        readable = os.fsencode(relative).decode(errors="backslashreplace")
        return Problem(readable, "the name is not valid UTF-8", "rename the file")
    if kind == "link":
        return Problem(
            relative,
            "is a symbolic link; links are not followed",
            "copy the file into the folder",
        )
    if kind != "file":
        return Problem(relative, "is neither a file nor a folder that can be read")
    suffix = PurePosixPath(relative).suffix
    return None if extension_of(relative) in EXTENSIONS else _unknown(relative, suffix)


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is hidden, clutter or a document, and never data."""
    lower = name.lower()
    extension = extension_of(name)
    stem = lower.split(".", 1)[0]
    return (
        lower.startswith((".", "~$"))
        or lower in _CLUTTER
        or extension in _NO_DATA
        or (stem in _DOCUMENTS and extension in ("", "txt", "csv", "json"))
    )


def _unknown(path: str, suffix: str) -> Problem:
    what = f"the extension {suffix!r} is" if suffix else "a file without an extension is"
    return Problem(
        path,
        f"{what} not one of a recording or picture that Tinsmith reads",
        "convert it to WAV, CSV, JSON, CBOR, PNG or JPEG, or give it its right extension",
    )

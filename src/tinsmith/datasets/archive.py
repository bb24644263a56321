"""Unpacking an archive of a data set that nobody has to trust: zip, tar, tar.gz.

Members are read one after the other, never more of them in memory than a block. What could harm
the machine refuses the whole archive and leaves nothing behind: names that lead elsewhere, names
that occur twice, passwords, sizes beyond the limits. Links and devices are left out and reported.
"""

from __future__ import annotations

import contextlib
import gzip
import shutil
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from tinsmith.core.errors import DatasetError, EnvironmentError_, UnsupportedError
from tinsmith.core.progress import Progress, Step, silent
from tinsmith.datasets.annotations.match import category_of
from tinsmith.datasets.index import INDEX_NAME
from tinsmith.datasets.sample import Problem

_BLOCK = 1024 * 1024
# Output that needs no ratio: small members of one byte repeated are harmless.
_FREE_BYTES = 64 * 1024 * 1024
# What the names and headers of one member may take, in bytes.
_MAX_HEADER_BYTES = 1024 * 1024
_MAX_NAME_BYTES, _MAX_PATH_BYTES, _MAX_DEPTH = 240, 2048, 32
_DIRECTORY_ENTRY_BYTES = 512
_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, struct.error,
    ValueError, OverflowError, NotImplementedError, RuntimeError, KeyError, IndexError,
)  # fmt: skip


@dataclass(frozen=True)
class ArchiveLimits:
    """What is unpacked at most.

    Args:
        max_members: Files and folders in the archive.
        max_bytes: All files together, unpacked.
        max_member_bytes: One file, unpacked.
        max_ratio: Unpacked bytes per byte of the archive, beyond the first 64 MB.
    """

    max_members: int = 500_000
    max_bytes: int = 64 * 1024**3
    max_member_bytes: int = 4 * 1024**3
    max_ratio: float = 200.0


@dataclass(frozen=True)
class Member:
    """One file that was unpacked: its path in the archive, its place, and its size in bytes."""

    name: str
    path: Path
    size: int


@dataclass(frozen=True)
class Extracted:
    """What an archive held.

    Args:
        members: The files, in the archive's order.
        root: The folder of the data set: the deepest one that everything lies in.
        problems: Members that were left out, and why.
    """

    members: tuple[Member, ...]
    root: Path
    problems: tuple[Problem, ...]


def extract(
    archive: Path,
    folder: Path,
    limits: ArchiveLimits | None = None,
    *,
    progress: Progress = silent,
) -> Extracted:
    """Unpacks `archive` into `folder`, which must be empty or not exist.

    Raises:
        DatasetError: The archive is damaged, hostile or beyond the limits; `folder` is as before.
        UnsupportedError: It is no zip, tar or tar.gz, or packed in a way that is not read.
        EnvironmentError_: The disk is full or the folder cannot be written.
    """
    existed = folder.is_dir()
    if existed and any(folder.iterdir()):
        raise DatasetError("is not empty; an archive is unpacked into an empty folder", path=folder)
    writer = _Writer(folder, limits or ArchiveLimits(), progress)
    try:
        with archive.open("rb") as file:
            writer.compressed = archive.stat().st_size
            _unpack(file, writer)
    except BaseException as error:
        _remove(folder, keep=existed)
        if isinstance(error, _DAMAGED):
            text = str(error)[:120] or type(error).__name__
            raise DatasetError(
                f"the archive is damaged: {text}", hint="pack or copy it again", path=archive.name
            ) from error
        if isinstance(error, OSError):
            raise EnvironmentError_(
                f"cannot be unpacked: {error.strerror or error}", path=archive.name
            ) from error
        if isinstance(error, DatasetError | UnsupportedError):
            raise error.at(archive.name) from None
        raise
    return Extracted(tuple(writer.members), _root(folder, writer), tuple(writer.problems))


def _remove(folder: Path, *, keep: bool) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(folder)
    if keep:
        folder.mkdir(parents=True, exist_ok=True)


def _root(folder: Path, writer: _Writer) -> Path:
    """The folder inside which the data set begins: wrappers around it are taken off."""
    places = [PurePosixPath(member.name).parts for member in writer.members]
    root = folder
    while places and all(len(parts) > 1 for parts in places):
        tops = {parts[0] for parts in places}
        inside = [parts[1:] for parts in places]
        holds_folders = any(len(parts) > 1 for parts in inside) or (INDEX_NAME,) in inside
        top = min(tops)
        # A lone folder of recordings is a label, one named `training` a part: both mean something.
        if len(tops) > 1 or not holds_folders or category_of(f"{top}/x"):
            break
        root, places = root / top, inside
    return root


def _unpack(file: BinaryIO, writer: _Writer) -> None:
    head = file.read(512)
    file.seek(0)
    if head[:2] == b"PK":
        _unpack_zip(file, writer)
    elif head[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=file) as plain:
            _unpack_tar(cast("IO[bytes]", plain), file, writer)
    elif head[257:262] == b"ustar" or _is_old_tar(head):
        _unpack_tar(file, file, writer)
    else:
        raise UnsupportedError(
            f"is no archive that is read: it begins with {head[:8].hex(' ')}",
            hint="pack the data set as zip, tar or tar.gz",
        )


def _is_old_tar(head: bytes) -> bool:
    """Whether a header without the mark of newer tar files has its checksum."""
    try:
        given = int(head[148:156].rstrip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return len(head) == 512 and sum(head[:148]) + 8 * 32 + sum(head[156:]) == given


def _unpack_zip(file: BinaryIO, writer: _Writer) -> None:
    _check_directory(file, writer.limits)
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        writer.check_count(len(infos))
        writer.check_total(sum(info.file_size for info in infos))
        for info in infos:
            if info.flag_bits & 0x1:
                raise DatasetError(
                    f"{info.filename[:80]!r} needs a password", hint="pack it without password"
                )
            mode = info.external_attr >> 16
            if info.is_dir() or stat.S_ISDIR(mode):
                writer.folder(info.filename)
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                writer.skip(info.filename, "is a link or device")
            elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise UnsupportedError(
                    f"{info.filename[:80]!r} is packed by method {info.compress_type}",
                    hint="pack it as an ordinary zip file",
                )
            else:
                with archive.open(info) as content:
                    writer.write(info.filename, content, info.file_size)


def _check_directory(file: BinaryIO, limits: ArchiveLimits) -> None:
    """Refuses a table of contents that would take too much memory before it is read."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65557))
    tail = file.read()
    place = tail.rfind(b"PK\5\6")
    if place >= 0 and len(tail) >= place + 22:
        entries, length = struct.unpack_from("<HI", tail, place + 10)
        if length == 0xFFFFFFFF or entries == 0xFFFF:
            wide = tail.rfind(b"PK\6\6")
            length = struct.unpack_from("<Q", tail, wide + 40)[0] if wide >= 0 else size
        if min(length, size) > limits.max_members * _DIRECTORY_ENTRY_BYTES:
            raise DatasetError(f"the table of contents alone has {length} bytes")
    file.seek(0)


class _Metered:
    """A stream that only hands out what it is allowed to."""

    def __init__(self, stream: IO[bytes], raw: BinaryIO, writer: _Writer) -> None:
        self._stream, self._raw, self._writer = stream, raw, writer
        self.allowed = 0
        self._read = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        data = self._stream.read(size)
        self._read += len(data)
        self.allowed -= len(data)
        if self.allowed < 0:
            raise DatasetError(f"a header has more than {_MAX_HEADER_BYTES} bytes")
        self._writer.check_ratio(self._read, max(self._raw.tell(), 1))
        return data


def _unpack_tar(stream: IO[bytes], raw: BinaryIO, writer: _Writer) -> None:
    metered = _Metered(stream, raw, writer)
    metered.allowed = _MAX_HEADER_BYTES
    with tarfile.open(fileobj=cast("IO[bytes]", metered), mode="r|") as archive:
        for count, info in enumerate(_tar_members(archive, metered), start=1):
            writer.check_count(count)
            if info.isdir():
                writer.folder(info.name)
            elif not info.isreg() or info.issparse():
                metered.allowed += info.size
                writer.skip(info.name, "is a link, a device or a file with holes")
            else:
                writer.check_total(info.size)
                metered.allowed += info.size
                content = archive.extractfile(info)
                if content is None:
                    raise DatasetError(f"{info.name[:80]!r} has no content")
                with content:
                    writer.write(info.name, content, info.size)
        if archive.offset == 0:
            raise DatasetError("the archive is damaged: it holds no header")


def _tar_members(archive: tarfile.TarFile, metered: _Metered) -> Iterator[tarfile.TarInfo]:
    while True:
        # What was allowed for the last file and not used must not serve the next header.
        metered.allowed = _MAX_HEADER_BYTES
        info = archive.next()
        archive.members = []  # type: ignore[attr-defined]  # kept by tarfile, and never needed here
        if info is None:
            return
        yield info


class _Writer:
    """Checks names and sizes, and writes files."""

    def __init__(self, folder: Path, limits: ArchiveLimits, progress: Progress) -> None:
        self.root = folder
        self.limits = limits
        self.compressed = 0
        self.members: list[Member] = []
        self.problems: list[Problem] = []
        self._progress = progress
        self._written = 0
        self._files: set[tuple[str, ...]] = set()
        self._folders: set[tuple[str, ...]] = {()}
        folder.mkdir(parents=True, exist_ok=True)

    def folder(self, raw: str) -> None:
        """Checks the name of a folder; folders are made when a file needs them."""
        if raw.strip("/.\\"):
            clean_name(raw)

    def skip(self, raw: str, why: str) -> None:
        """Notes a member that is not unpacked."""
        self.problems.append(Problem(clean_name(raw), f"{why} and was left out"))

    def write(self, raw: str, content: IO[bytes], size: int) -> None:
        """Unpacks one file that says it has `size` bytes."""
        name = clean_name(raw)
        self._check_place(name)
        if size > self.limits.max_member_bytes:
            raise DatasetError(
                f"{name!r} has {size} bytes; the limit is {self.limits.max_member_bytes}",
                hint="split the recording",
            )
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written = 0
        with path.open("xb") as file:
            while block := content.read(_BLOCK):
                written += len(block)
                self._written += len(block)
                if written > size:
                    raise DatasetError(f"{name!r} holds more than the {size} bytes it says")
                self.check_total(0)
                self.check_ratio(self._written, max(self.compressed, 1))
                file.write(block)
        if written != size:
            raise DatasetError(f"{name!r} ends after {written} of {size} bytes")
        self.members.append(Member(name, path, size))
        self._progress(Step("unpacking", self._written, 0, name))

    def check_count(self, count: int) -> None:
        """Refuses more members than the limit."""
        if count > self.limits.max_members:
            raise DatasetError(
                f"holds more than {self.limits.max_members} members",
                hint="split the archive, or raise max_members",
            )

    def check_total(self, coming: int) -> None:
        """Refuses more bytes than the limit."""
        if self._written + coming > self.limits.max_bytes:
            raise DatasetError(
                f"unpacks to more than {self.limits.max_bytes} bytes",
                hint="split the archive, or raise max_bytes",
            )

    def check_ratio(self, unpacked: int, packed: int) -> None:
        """Refuses output out of proportion to the archive's size."""
        if unpacked > _FREE_BYTES and unpacked > self.limits.max_ratio * packed:
            raise DatasetError(
                f"unpacks to more than {self.limits.max_ratio:g} times its size",
                hint="this is how archives attack; if it is meant, raise max_ratio",
            )

    def _check_place(self, name: str) -> None:
        """Refuses names that are taken, also where upper and lower case are the same."""
        parts = tuple(unicodedata.normalize("NFC", part).casefold() for part in Path(name).parts)
        parents = [parts[:depth] for depth in range(1, len(parts))]
        if parts in self._files or parts in self._folders or not self._files.isdisjoint(parents):
            raise DatasetError(
                f"{name!r} occurs twice", hint="names that differ only in case count as the same"
            )
        self._files.add(parts)
        self._folders.update(parents)


def clean_name(raw: str) -> str:
    """The path of a member inside the folder, with forward slashes.

    Raises:
        DatasetError: It leads elsewhere, has control characters, or is too long.
    """
    shown = repr(raw[:80])
    name = raw.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or (parts and parts[0][1:2] == ":"):
        raise DatasetError(f"the name {shown} leads out of the folder", hint="pack it again")
    if not parts or not name.isprintable():
        raise DatasetError(
            f"the name {shown} is empty or has control characters", hint="rename the file"
        )
    encoded = [len(part.encode()) for part in parts]
    if (
        max(encoded) > _MAX_NAME_BYTES
        or sum(encoded) + len(parts) > _MAX_PATH_BYTES
        or len(parts) > _MAX_DEPTH
    ):
        raise DatasetError(
            f"the name {shown} is too long or too deep; at most {_MAX_NAME_BYTES} bytes a part, "
            f"{_MAX_PATH_BYTES} bytes and {_MAX_DEPTH} folders in all"
        )
    return "/".join(parts)

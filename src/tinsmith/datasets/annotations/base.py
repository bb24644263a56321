"""What every annotation format offers, and the checks their readers share."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.index import MAX_PIXELS, Entry
from tinsmith.datasets.sample import Box, Problem

# Longest text that is a label; more is a wrong column or an attack.
MAX_LABEL = 500
# Problems that are told one by one; of more, only the number is said.
MAX_PROBLEMS = 100
# Boxes that a rounded annotation may stick out of the picture, in shares of it.
_SLACK = 0.02


@dataclass(frozen=True)
class Names:
    """Class names that lie in files of their own.

    Args:
        files: Content of such files by path (`classes.txt`, `data.yaml`, `*.names`, ...).
        given: Names the user gave, in order; win over files.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    given: tuple[str, ...] = ()

    def nearest(self, path: str, suffix: str) -> tuple[str, bytes] | None:
        """The file ending in `suffix` that is closest to `path`: same folder, then above, then any.

        Returns:
            Its path and content, or None.
        """
        folder = PurePosixPath(path).parent
        found = sorted(name for name in self.files if name.lower().endswith(suffix))
        if not found:
            return None
        best = max(found, key=lambda name: _shared(folder, PurePosixPath(name).parent))
        return best, self.files[best]


def _shared(folder: PurePosixPath, other: PurePosixPath) -> tuple[bool, int, int]:
    """How close two folders are; larger is closer."""
    common = 0
    for left, right in zip(folder.parts, other.parts, strict=False):
        if left != right:
            break
        common += 1
    return folder == other, common, -len(other.parts)


@dataclass(frozen=True)
class Reading:
    """What one annotation file says.

    Args:
        entries: One or more per data file, in the order of the file.
        problems: One per line or object that was left out, and why.
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Format:
    """One annotation format.

    Args:
        key: Name in options and reports.
        title: Name for people.
        detect: Whether a file of this name that begins so is of this format.
        read: What such a file says. Raises `DatasetError` if it is damaged as a whole.
        needs_picture: Whether a file is only of this format if a picture of its stem is there,
            because its content alone could also be data.
    """

    key: str
    title: str
    detect: Callable[[str, bytes], bool]
    read: Callable[[str, bytes, Names], Reading]
    needs_picture: bool = False


class Problems:
    """Collects what is wrong in one file, up to a number worth reading."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[Problem] = []
        self._more = 0

    def add(self, where: str, error: DatasetError) -> None:
        """Notes that `where` (a line, an object) was left out."""
        if len(self._found) < MAX_PROBLEMS:
            text = f"{where}: {error.message}"
            self._found.append(Problem(self._file, text, error.hint))
        else:
            self._more += 1

    def listed(self) -> tuple[Problem, ...]:
        """All of them; the last one counts what was not kept."""
        if not self._more:
            return tuple(self._found)
        return (*self._found, Problem(self._file, f"{self._more} more lines were left out"))


def text_of(data: bytes) -> str:
    """The text of an annotation file.

    Raises:
        DatasetError: Not UTF-8 (or UTF-16 with its mark), or with control characters.
    """
    try:
        encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"is no UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}",
            hint="save the annotations as UTF-8",
        ) from None
    if "\0" in text:
        raise DatasetError("holds zero bytes; expected text", hint="save it as UTF-8 text")
    return text


def json_of(data: bytes) -> Any:
    """The JSON content of an annotation file.

    Raises:
        DatasetError: It is none.
    """
    try:
        return json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"is no JSON: {str(error)[:100]}", hint="export it again") from None


def label_of(value: Any, what: str = "label") -> str:
    """A label as text.

    Raises:
        DatasetError: Empty, too long, or no text that can be stored.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DatasetError(f"the {what} is {shown(value)}; expected a text")
    text = str(value).strip() if isinstance(value, str) else f"{value:.15g}"
    if not 0 < len(text) <= MAX_LABEL or not text.isprintable():
        raise DatasetError(
            f"the {what} is {shown(text)}; expected 1 to {MAX_LABEL} printable characters"
        )
    return text


def path_of(value: Any, what: str = "file name") -> str:
    """The name of a data file as an annotation gives it, with forward slashes.

    Raises:
        DatasetError: No text, empty, or without a name at its end.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > 4096:
        raise DatasetError(f"the {what} is {shown(value)}; expected the name of a data file")
    name = value.strip().replace("\\", "/")
    if not name.isprintable() or PurePosixPath(name).name in ("", ".", ".."):
        raise DatasetError(f"the {what} {shown(value)} leads to no data file")
    return name


def number_of(value: Any, what: str) -> float:
    """A coordinate from a number or its text.

    Raises:
        DatasetError: It is none, not finite, or absurdly large.
    """
    number = math.nan
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
    if not abs(number) < MAX_PIXELS:  # NaN fails this comparison too
        raise DatasetError(f"{what} is {shown(value)}; expected a number")
    return number


def pixel_box(label: str, x: float, y: float, width: float, height: float) -> Box:
    """A box in pixels.

    Raises:
        DatasetError: It has no area or begins left of or above the picture.
    """
    if width <= 0 or height <= 0:
        raise DatasetError(f"the box is {width:g} wide and {height:g} high; expected more than 0")
    if x < 0 or y < 0:
        raise DatasetError(f"the box begins at {x:g}, {y:g}; expected no negative numbers")
    return Box(label, x, y, width, height)


def relative_box(label: str, left: float, top: float, right: float, bottom: float) -> Box:
    """A box in shares of the picture, cut to it.

    Raises:
        DatasetError: It has no area, or lies outside 0 to 1 by more than rounding.
    """
    if min(left, top) < -_SLACK or max(right, bottom) > 1 + _SLACK:
        raise DatasetError(
            f"the box covers {left:g} to {right:g} and {top:g} to {bottom:g} of the picture; "
            "expected 0 to 1"
        )
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in (left, top, right, bottom))
    if right <= left or bottom <= top:
        raise DatasetError("the box has no area")
    return Box(label, left, top, right - left, bottom - top)


def shown(value: Any) -> str:
    """A value in a message, cut to a readable length."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, endless nesting
        text = type(value).__name__
    return text if len(text) <= 60 else text[:57] + "..."

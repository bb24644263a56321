"""Which data file an annotation means, and which part of the data set a path speaks of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.index import Entry
from tinsmith.datasets.sample import Category

_WORDS: dict[str, Category] = {
    **dict.fromkeys(("val", "valid", "validation", "test", "tests", "testing"), "testing"),
    **dict.fromkeys(("train", "training", "trainset"), "training"),
}  # fmt: skip
# Folders that stand side by side for labels and for what they label.
_TWINS = frozenset({"labels", "images", "annotations", "jpegimages", "data"})


def category_of(path: str, *, with_name: bool = False) -> Category:
    """The part of the data set that the words of a path name; "" if none does.

    Args:
        path: A path in the upload.
        with_name: Whether the file's own name counts, too, not only its folders.
    """
    place = PurePosixPath(path)
    parts = [*reversed(place.parts[:-1])]
    if with_name:
        parts.insert(0, place.stem)
    for part in parts:
        for word in re.findall(r"[a-z]+", part.lower()):
            if word in _WORDS:
                return _WORDS[word]
    return ""


class Matcher:
    """Finds the data file an entry is about."""

    def __init__(self, data: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._all: set[str] = set()
        for path in data:
            place = PurePosixPath(path)
            self._all.add(path)
            self._by_name[place.name].append(path)
            self._by_stem[place.stem].append(path)

    def find(self, entry: Entry, source: str) -> str:
        """The path of the data file that `entry` of the annotation file `source` is about.

        A path from the annotation's folder or from the top wins; then the same part of the data
        set, then the same folder, then any other file of that name.

        Raises:
            DatasetError: There is none, or several that are equally likely.
        """
        folder = PurePosixPath(source).parent
        for exact in ((folder / entry.path).as_posix(), entry.path):
            if exact in self._all:
                return exact
        name = PurePosixPath(entry.path).name
        candidates = self._by_name.get(name, [])
        if not candidates and entry.by_stem:
            candidates = self._by_stem.get(name, [])
        if not candidates:
            raise DatasetError(
                f"is about {entry.path[:200]}, which is not there",
                hint="upload the data together with its annotations",
            )
        ranks = {path: self._rank(path, entry, source) for path in candidates}
        best = max(ranks.values())
        winners = [path for path, rank in ranks.items() if rank == best]
        if len(winners) > 1:
            raise DatasetError(
                f"is about {entry.path[:200]}, which can be {winners[0]} or {winners[1]}",
                hint="give the files different names, or name their folder in the annotation",
            )
        return winners[0]

    @staticmethod
    def _rank(path: str, entry: Entry, source: str) -> tuple[bool, bool, bool, bool]:
        place, folder = PurePosixPath(path), PurePosixPath(source).parent
        wanted = entry.category or category_of(source, with_name=not entry.by_stem)
        return (
            "/" in entry.path and path.endswith("/" + entry.path.lstrip("/")),
            category_of(path) == wanted,
            place.parent == folder,
            _plain(place.parent) == _plain(folder),
        )


def _plain(folder: PurePosixPath) -> tuple[str, ...]:
    """A folder without the words that tell labels from images."""
    return tuple(part for part in folder.parts if part.lower() not in _TWINS)

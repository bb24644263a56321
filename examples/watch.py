"""What the demonstrations share: the smartwatch recordings as files, and the impulse."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinsmith.cli.demonstration import steps
from tinsmith.cli.demonstration.data import TEST_PEOPLE, watch_samples
from tinsmith.core.paths import cache_dir
from tinsmith.signals import encode_acquisition

# File names such as `abduction.s01L.cbor`, for `tinsmith upload --pattern`.
PATTERN = "{label}.s{subject:02d}{side}.cbor"
TESTING = ",".join(TEST_PEOPLE)


@dataclass(frozen=True)
class Recording:
    """One recording as a file, with what is known of it."""

    file_name: str
    data: bytes
    label: str
    category: str
    metadata: dict[str, str]


def recordings(people: Sequence[str] = ()) -> list[Recording]:
    """All 140 recordings of ten people, or those of some people: seven train, three test."""
    samples = watch_samples(cache_dir() / "demo")
    return [
        Recording(
            file_name=f"{sample.name}.cbor",
            data=encode_acquisition(sample.load_signal(), device_type="watch"),
            label=sample.label,
            category=sample.category,
            metadata=dict(sample.metadata),
        )
        for sample in samples
        if not people or sample.metadata["subject"] in people
    ]


def write_recordings(folder: Path, people: Sequence[str] = ()) -> int:
    """The recordings as files of a folder; how many."""
    found = recordings(people)
    folder.mkdir(parents=True, exist_ok=True)
    for item in found:
        (folder / item.file_name).write_bytes(item.data)
    return len(found)


def design(epochs: int = 40) -> dict[str, Any]:
    """The impulse of `tinsmith demo` as a document."""
    document = steps.design().model_dump(mode="json")
    document["learning"][0]["training"]["epochs"] = epochs
    return document


def options(description: str) -> argparse.Namespace:
    """The options of a demonstration's program."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--name", default="watch", help="of the new project")
    parser.add_argument("--people", default="", help="such as 01,02,08; all ten by default")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the package")
    found = parser.parse_args()
    found.people = tuple(part for part in found.people.split(",") if part)
    return found

"""`tinsmith import`."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinsmith.cli.options import IntervalOption, JsonOption, ProjectOption, next_step, positive
from tinsmith.cli.output import note, print_json, progress_bars, say
from tinsmith.core.errors import InputError

if TYPE_CHECKING:
    from tinsmith.core.progress import Progress
    from tinsmith.datasets.folder import FolderOptions
    from tinsmith.datasets.sample import Dataset, Problem, Sample

# Problems shown on the screen; --json has all of them.
_SHOWN = 20


class LabelSource(StrEnum):
    """Where labels come from."""

    auto = "auto"
    index = "index"  # type: ignore[assignment] # str has a method of this name
    folder = "folder"
    name = "name"
    none = "none"


class CategoryName(StrEnum):
    """The part of the data set everything goes to."""

    training = "training"
    testing = "testing"
    validation = "validation"


LabelFromOption = Annotated[
    LabelSource, typer.Option("--label-from", help="Where labels come from.")
]
CategoryOption = Annotated[CategoryName | None, typer.Option(help="Put everything into this part.")]
SplitByOption = Annotated[
    str | None,
    typer.Option(help="Split by a metadata key, such as subject, instead of by content."),
]
TestValuesOption = Annotated[
    str | None,
    typer.Option(help="With --split-by: values that test, comma-separated [a fifth of them]."),
]
TestShareOption = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Share of recordings kept for testing.")
]


def import_data(
    paths: Annotated[list[Path], typer.Argument(help="Folders or files to import.")],
    project: ProjectOption = Path(),
    label_from: LabelFromOption = LabelSource.auto,
    pattern: Annotated[
        str | None,
        typer.Option(
            help="Pattern of file names, for example '{label}.s{subject:02d}{side}.csv'; the "
            "other fields become metadata."
        ),
    ] = None,
    label: Annotated[str | None, typer.Option(help="One label for everything imported.")] = None,
    category: CategoryOption = None,
    split_by: SplitByOption = None,
    test_values: TestValuesOption = None,
    test_share: TestShareOption = 0.2,
    interval_ms: IntervalOption = None,
    loudest_ms: Annotated[
        float | None,
        typer.Option(
            callback=positive,
            help="Keep only the loudest part of each recording: 1200 finds the word in a clip.",
        ),
    ] = None,
    label_column: Annotated[
        str | None, typer.Option(help="CSV column that holds the label over time.")
    ] = None,
    hmac_key: Annotated[
        list[str] | None, typer.Option(help="Key to check signed acquisition files with.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import recordings or pictures; odd files are reported one by one, the rest still loads.

    Formats: WAV, FLAC, OGG, MP3, CSV, acquisition JSON and CBOR, PNG, JPEG, BMP.

    Labels come from what is there: an `info.labels` index, one folder per label, or the start of
    the file name (`wave.01.csv`). Folders `training` and `testing` decide the part. Recordings that
    do not say whether they train or test are split 80/20 by a hash of their content, so that the
    split never changes when more are added.

    Examples:

    - `tinsmith import recordings/` – a folder per label

    - `tinsmith import data/ --pattern '{label}.s{subject:02d}.csv' --split-by subject` – test on
      people never trained on

    - `tinsmith import fan.csv --interval-ms 5 --label normal` – rows without a time column

    - `tinsmith import words/ --loudest-ms 1200` – the spoken word in each clip
    """
    from tinsmith.datasets.crop import crop_loudest
    from tinsmith.datasets.folder import FolderOptions
    from tinsmith.impulse.project import open_project
    from tinsmith.signals import DecodeOptions

    opened = open_project(project)
    decode = DecodeOptions(
        hmac_keys=tuple(hmac_key or ()), interval_ms=interval_ms, label_column=label_column
    )
    options = FolderOptions(
        label_from=label_from.value,
        pattern=pattern,
        category=category.value if category else None,
        decode=decode,
    )
    with progress_bars(quiet=as_json) as progress:
        dataset = read_paths(paths, options, progress)
        samples = split_samples(dataset.samples, split_by, test_values, test_share)
        if loudest_ms is not None:
            samples = tuple(crop_loudest(sample, loudest_ms) for sample in samples)
        if label is not None:
            samples = tuple(sample.with_(label=label) for sample in samples)
        added = opened.library.add(samples, progress=progress)
    problems = (*dataset.problems, *added.problems, *added.duplicates)
    if as_json:
        print_json(_document(added.added, problems, dataset.notes))
    else:
        _print(added.added, problems, dataset.notes, project)
    if added.added or (added.duplicates and not added.problems):
        return
    if as_json:
        raise typer.Exit(InputError.exit_code)
    raise InputError(
        f"nothing was imported from {', '.join(str(path) for path in paths)}",
        hint="see the list above" if problems else "it holds no file of a known format",
    )


def read_paths(paths: list[Path], options: FolderOptions, progress: Progress) -> Dataset:
    """All that folders and files hold.

    Raises:
        InputError: There is no such file.
    """
    if missing := [path for path in paths if not path.exists()]:
        raise InputError(
            "there is no such file or folder", path=missing[0], hint="check the name and the folder"
        )
    from tinsmith.datasets.folder import read_files, read_folder
    from tinsmith.datasets.sample import Dataset

    parts = [read_folder(path, options, progress=progress) for path in paths if path.is_dir()]
    files = [path for path in paths if not path.is_dir()]
    if files:
        parts.append(read_files(files, options, progress=progress))
    return Dataset(
        tuple(sample for part in parts for sample in part.samples),
        tuple(problem for part in parts for problem in part.problems),
        tuple(text for part in parts for text in part.notes),
    )


def split_samples(
    samples: tuple[Sample, ...], key: str | None, values: str | None, share: float
) -> tuple[Sample, ...]:
    """The samples with their parts: by a metadata key, or by content where it is undecided."""
    from tinsmith.datasets.splits import split_by_hash, split_by_metadata

    if not samples:
        return samples
    if key is None:
        return split_by_hash(samples, testing=share, only_undecided=True)
    named = [value.strip() for value in values.split(",")] if values else share
    return split_by_metadata(samples, key, testing=named)


def _document(
    added: tuple[Sample, ...], problems: tuple[Problem, ...], notes: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "imported": len(added),
        "samples": [
            {"id": item.id, "name": item.name, "label": item.label, "category": item.category}
            for item in added
        ],
        "problems": [
            {"path": item.path, "message": item.message, "hint": item.hint} for item in problems
        ],
        "notes": list(notes),
    }


def _print(
    added: tuple[Sample, ...],
    problems: tuple[Problem, ...],
    notes: tuple[str, ...],
    project: Path,
) -> None:
    for text in notes:
        note(text)
    for problem in problems[:_SHOWN]:
        say(f"  {problem}", style="yellow")
    if len(problems) > _SHOWN:
        say(f"  … and {len(problems) - _SHOWN} more; --json lists all", style="yellow")
    if problems:
        say(f"Left out: {_number(len(problems), 'file')}, listed above.", style="yellow")
    if not added:
        return
    labels = {sample.label for sample in added} | {
        segment.label for sample in added for segment in sample.segments
    }
    kinds = {sample.facts.kind for sample in added}
    noun = {"image": "picture", "signal": "recording"}[kinds.pop()] if len(kinds) == 1 else "sample"
    parts = Counter(sample.category or "undecided" for sample in added)
    shares = ", ".join(f"{count} {name}" for name, count in sorted(parts.items(), reverse=True))
    known = _number(len(labels - {""}), "label")
    say(f"Imported {_number(len(added), noun)} with {known}: {shares}.")
    note(next_step(project, "inspect", "design"))


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

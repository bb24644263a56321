"""`tinsmith upload`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinsmith.cli.import_ import (
    CategoryOption,
    LabelFromOption,
    LabelSource,
    SplitByOption,
    TestShareOption,
    TestValuesOption,
    read_paths,
    split_samples,
)
from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import note, print_json, progress_bars, say
from tinsmith.cli.remote import ServerProjectOption, opened
from tinsmith.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tinsmith.client import SampleFile
    from tinsmith.client.types import UploadReport
    from tinsmith.datasets.sample import Problem, Sample

_SHOWN = 20


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Folders or files to upload.")],
    project: ServerProjectOption,
    label_from: LabelFromOption = LabelSource.auto,
    pattern: Annotated[
        str | None,
        typer.Option(help="Pattern of file names, as for `tinsmith import`."),
    ] = None,
    label: Annotated[str | None, typer.Option(help="One label for everything uploaded.")] = None,
    category: CategoryOption = None,
    split_by: SplitByOption = None,
    test_values: TestValuesOption = None,
    test_share: TestShareOption = 0.2,
    as_json: JsonOption = False,
) -> None:
    """Upload recordings or pictures to a project of the server.

    Labels, boxes, parts and metadata are found as `tinsmith import` finds them; the files go as
    they are, in batches, and again after a failure. What is there already is left out.

    Examples:

    - `tinsmith upload recordings/ -p watch@server` – a folder per label

    - `tinsmith upload data/ -p 12@server --pattern '{label}.s{subject:02d}.csv' --split-by subject`
    """
    from tinsmith.datasets.folder import FolderOptions

    options = FolderOptions(
        label_from=label_from.value,
        pattern=pattern,
        category=category.value if category else None,
    )
    with opened(project) as remote, progress_bars(quiet=as_json) as progress:
        dataset = read_paths(paths, options, progress)
        samples = split_samples(dataset.samples, split_by, test_values, test_share)
        if label is not None:
            samples = tuple(sample.with_(label=label) for sample in samples)
        if not samples:
            raise _nothing(paths, dataset.problems)
        report = remote.project.samples.upload(
            [_file(sample) for sample in samples], progress=progress
        )
    _report(report, dataset.problems, as_json=as_json)


def _nothing(paths: list[Path], problems: Sequence[Problem]) -> InputError:
    first = f"; {problems[0]}" if problems else ""
    where = ", ".join(str(path) for path in paths)
    return InputError(f"there is nothing to upload in {where}{first}")


def _file(sample: Sample) -> SampleFile:
    from tinsmith.client import SampleFile
    from tinsmith.client.types import Box, Segment
    from tinsmith.datasets.sample import FileSource

    source = sample.source
    content = source.path if isinstance(source, FileSource) else source.data()
    if content is None:
        raise InputError(f"{sample.name} has no file", hint="upload the file it came from")
    return SampleFile(
        name=f"{sample.name}.{sample.format}",
        content=content,
        label=sample.label,
        category=sample.category or "training",
        metadata=sample.metadata,
        segments=[Segment(**asdict(item)) for item in sample.segments],
        boxes=[Box(**asdict(item)) for item in sample.boxes],
    )


def _report(report: UploadReport, problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        print_json(_document(report, problems))
    else:
        refused = [
            f"{file.name}: {file.message}" for file in report.files if file.status == "failed"
        ]
        odd = [*(str(problem) for problem in problems), *refused]
        for text in odd[:_SHOWN]:
            say(f"  {text}", style="yellow")
        if len(odd) > _SHOWN:
            say(f"  … and {len(odd) - _SHOWN} more; --json lists all", style="yellow")
        present = f", {report.duplicates:,} were there already" if report.duplicates else ""
        failed = f", {report.failed:,} could not be used" if report.failed else ""
        note(f"Uploaded {report.added:,} samples{present}{failed}.")
    if not report.added and not report.duplicates:
        raise typer.Exit(InputError.exit_code)


def _document(report: UploadReport, problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "added": report.added,
        "duplicates": report.duplicates,
        "failed": report.failed,
        "files": [
            {
                "name": file.name,
                "status": file.status,
                "sample_id": file.sample_id,
                "message": file.message,
            }
            for file in report.files
        ],
        "problems": [{"path": item.path, "message": item.message} for item in problems],
    }

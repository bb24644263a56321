"""`tinsmith edit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinsmith.cli.options import JsonOption, ProjectOption, positive
from tinsmith.cli.output import console, note, print_json, table

if TYPE_CHECKING:
    from tinsmith.datasets.sample import Sample, Span


def edit(
    samples: Annotated[list[str], typer.Argument(help="Names or ids of samples.")],
    project: ProjectOption = Path(),
    crop: Annotated[
        tuple[float, float] | None,
        typer.Option(
            help="Keep from one time to another, in milliseconds. Nothing is deleted.",
            show_default=False,
        ),
    ] = None,
    uncrop: Annotated[
        bool, typer.Option("--uncrop", help="Bring back all that was cropped.")
    ] = False,
    split_ms: Annotated[
        float | None,
        typer.Option(
            callback=positive,
            help="Replace by a sample of this many milliseconds around each event in it.",
        ),
    ] = None,
    shift: Annotated[
        float,
        typer.Option(help="With --split-ms: 0 centres events, 1 places them anywhere."),
    ] = 0.0,
    enabled: Annotated[
        bool | None,
        typer.Option(
            "--enable/--disable",
            help="Whether it is used for training and testing.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Crop, split at events, or set aside samples; all of it can be undone."""
    from tinsmith.impulse.project import open_project

    library = open_project(project).library
    ids = [library.get(name).id for name in samples]
    if enabled is not None:
        library.set_enabled(ids, enabled)
    if uncrop:
        library.uncrop(ids)
    if crop is not None:
        library.update([_cropped(library.get(id_), *crop) for id_ in ids])
    if split_ms is not None:
        spans = {id_: _events(library.get(id_), split_ms, shift) for id_ in ids}
        ids = [part.id for id_ in ids for part in library.split(id_, spans[id_])]
    chosen = {sample.id: sample for sample in library.samples()}
    _print([chosen[id_] for id_ in ids], as_json=as_json)


def _cropped(sample: Sample, start_ms: float, end_ms: float) -> Sample:
    from tinsmith.datasets.crop import crop

    interval_ms = sample.facts.interval_ms or 1.0
    return crop(sample, round(start_ms / interval_ms), round(end_ms / interval_ms))


def _events(sample: Sample, window_ms: float, shift: float) -> tuple[Span, ...]:
    """Spans around the events of a sample, at least one."""
    from tinsmith.core.errors import DatasetError
    from tinsmith.datasets.events import EventOptions, find_events

    options = EventOptions(window_ms, shift=shift)
    spans = find_events(sample.load_signal(), options, seed=sample.content_hash)
    if not spans:
        raise DatasetError(
            "nothing in it stands out from its noise; nothing was changed",
            hint="crop the parts by hand",
            path=sample.name,
        )
    return spans


def _print(samples: list[Sample], *, as_json: bool) -> None:
    if as_json:
        print_json([_plain(sample) for sample in samples])
        return
    shown = table("Samples", "name", "<id", "<label", "kept", "<")
    for sample in samples:
        state = "" if sample.enabled else "disabled"
        kept = f"{sample.facts.duration_ms / 1000:.4g} s" if sample.facts.duration_ms else "all"
        shown.add_row(sample.name, sample.id, sample.label, kept, state)
    console().print(shown)
    if any(sample.span for sample in samples):
        note("To undo: tinsmith edit NAME --uncrop.")


def _plain(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.id,
        "name": sample.name,
        "label": sample.label,
        "enabled": sample.enabled,
        "span": sample.span,
        "frames": sample.facts.frames,
    }

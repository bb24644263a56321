"""`tinsmith design`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinsmith.cli.options import AnyProjectOption, JsonOption, next_step
from tinsmith.cli.output import console, note, print_json, table, warn
from tinsmith.cli.remote import ImpulseOption, is_on_server, on_folder
from tinsmith.core.errors import DesignError

if TYPE_CHECKING:
    from tinsmith.impulse.design import Impulse, LearningBlock
    from tinsmith.impulse.fitted import PlannedBlock


def design(
    project: AnyProjectOption = Path(),
    preset: Annotated[
        str | None,
        typer.Option(
            help="Make a new design: auto, motion, raw, anomaly, sounds, keywords or image."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Change one value, for example --set input.window_ms=2000 or "
            "--set spectral.parameters.fft_length=64 (block id first). Repeat as needed.",
        ),
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="Take the design of this file, such as an impulse.toml."),
    ] = None,
    impulse: ImpulseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make, change or show the impulse: input → processing → learning.

    Without options the design is shown; where there is none yet, one is made that fits the data.
    The document is `impulse.toml`, which you may edit by hand as well. On a server, `--from` adds
    an impulse, or replaces the one of the same name.
    """
    if is_on_server(project):
        from tinsmith.cli.designing import design_there

        given = _read(from_) if from_ else None
        design_there(project, impulse, given, lambda d: changed(d, set_ or []), as_json=as_json)
        return
    on_folder(impulse)
    from tinsmith.impulse.design import parse_impulse
    from tinsmith.impulse.features import window_format
    from tinsmith.impulse.fit import check_design
    from tinsmith.impulse.project import open_project
    from tinsmith.impulse.suggest import suggest

    opened = open_project(project)
    samples = opened.samples("training") or opened.library.samples()
    path = opened.root / "impulse.toml"
    if from_:
        found = parse_impulse(_read(from_))
    elif preset or not path.is_file():
        found = suggest(samples, preset or "auto", name=opened.name)
    else:
        found = opened.impulse()
    if set_:
        found = parse_impulse(changed(found.model_dump(mode="json"), set_))
    blocks = check_design(found, window_format(samples, found))
    opened.save_impulse(found)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    _print(found, blocks)
    note(f"The design is {path}. {next_step(project, 'train')}")


def _read(path: Path) -> dict[str, Any]:
    """The design document of a file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DesignError(f"not a TOML document: {error}", path=path) from error


def changed(document: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """The document with `path=value` changes applied.

    Raises:
        DesignError: There is no such place.
    """
    for change in changes:
        path, mark, text = change.partition("=")
        if not mark or not path:
            raise DesignError(
                f"--set {change}: expected path=value",
                hint="for example --set input.window_ms=2000",
            )
        _assign(document, path.split("."), _value(text))
    return document


def _assign(document: dict[str, Any], path: list[str], value: Any) -> None:
    blocks = {item["id"]: item for item in (*document["processing"], *document["learning"])}
    place: Any = document
    head, *rest = path
    if head in blocks:
        place = blocks[head]
    elif rest:
        place = document.get(head)
    else:
        rest = [head]
    for name in rest[:-1]:
        place = place.setdefault(name, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict) or not rest:
        known = ", ".join(["input", *blocks])
        raise DesignError(
            f"--set {'.'.join(path)}: there is no such place", hint=f"begin with one of {known}"
        )
    place[rest[-1]] = value


def _kind(block: LearningBlock) -> str:
    if block.type == "anomaly_kmeans":
        return f"anomaly score, {block.clusters} clusters,"
    network = block.network if isinstance(block.network, str) else "own layers"
    return f"{block.type}, {network} network,"


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _print(impulse: Impulse, blocks: tuple[PlannedBlock, ...]) -> None:
    shown = table(f"Impulse {impulse.name}", "block", "<what", "features")
    source = impulse.input
    if source.type == "time-series":
        text = (
            f"windows of {source.window_ms:g} ms every {source.stride_ms:g} ms "
            f"at {1000 / source.interval_ms:g} Hz"
        )
    else:
        text = f"{source.width} × {source.height} pixels, {source.resize_mode}"
    shown.add_row("input", text, "")
    for item in blocks:
        settings = ", ".join(
            f"{parameter.name}={item.settings[parameter.name]}"
            for parameter in item.block.parameters
            if item.settings[parameter.name] != parameter.default
        )
        what = f"{item.block.title}{f' ({settings})' if settings else ''}"
        shown.add_row(item.id, what, str(item.plan.num_features))
    for block in impulse.learning:
        inputs = ", ".join(item.id for item in impulse.inputs_of(block))
        shown.add_row(block.id, f"{_kind(block)} from {inputs}", "")
    console().print(shown)
    for item in blocks:
        for text in item.plan.warnings:
            warn(f"{item.id}: {text}")

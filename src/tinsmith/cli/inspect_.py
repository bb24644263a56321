"""`tinsmith inspect`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tinsmith.cli.options import JsonOption, ProjectOption, next_step
from tinsmith.cli.output import bar, console, note, print_json, say, table, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tinsmith.datasets.sample import Dataset, Problem, Sample
    from tinsmith.datasets.summary import Summary
    from tinsmith.signals import Signal

# Odd lines shown on the screen; --json has all of them.
_SHOWN = 10
_BAR = 16


def inspect(
    project: ProjectOption = Path(),
    draw: Annotated[
        bool, typer.Option("--draw", help="Draw an example of every class in the terminal.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Write a PNG with examples of every class.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the data set holds: counts, classes, durations, and what looks odd."""
    from tinsmith.datasets.summary import summarise
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    dataset = opened.library.read()
    summary = summarise(dataset)
    if plot:
        from tinsmith.core.paths import write_atomic
        from tinsmith.datasets.plot import plot_samples

        write_atomic(plot, plot_samples(dataset.samples))
        note(f"Plot: {plot}")
    if as_json:
        problems = [_plain(problem) for problem in (*dataset.problems, *dataset.warnings)]
        print_json({**summary.to_json(), "problems": problems})
        return
    _print_facts(opened.name, summary)
    if summary.classes:
        _print_classes(summary)
    if draw:
        _draw(dataset.samples)
    _print_odd(dataset, summary)
    if not summary.samples:
        note(next_step(project, "import FOLDER"))


def _plain(problem: Problem) -> dict[str, str | None]:
    return {"path": problem.path, "message": problem.message, "hint": problem.hint}


def _print_facts(name: str, summary: Summary) -> None:
    shown = table(name, "fact", "<value")
    shown.add_row("samples", f"{summary.samples:,}")
    if summary.recordings:
        shown.add_row("time in all", duration(summary.duration_ms))
        lengths = (summary.shortest_ms, summary.median_ms, summary.longest_ms)
        shown.add_row("lengths", _range(*(duration(item) for item in lengths)))
        rates = ", ".join(
            _counted(_rate(rate.name), rate.samples, summary) for rate in summary.rates[:4]
        )
        shown.add_row("rate", rates)
        for sensor in summary.sensors[:4]:
            axes = ", ".join(
                f"{axis} ({unit})" if unit and unit != "N/A" else axis
                for axis, unit in zip(sensor.names, sensor.units, strict=True)
            )
            shown.add_row("axes", _counted(axes, sensor.samples, summary))
    if summary.pictures:
        sizes = [_counted(size.name, size.samples, summary) for size in summary.sizes[:4]]
        more = [f"{len(summary.sizes) - 4} more sizes"] if len(summary.sizes) > 4 else []
        shown.add_row("picture size", ", ".join(sizes + more))
    if summary.metadata:
        known = [_counted(item.name, item.samples, summary) for item in summary.metadata[:8]]
        shown.add_row("metadata", ", ".join(known))
    console().print(shown)


def _range(shortest: str, median: str, longest: str) -> str:
    if shortest == longest:
        return shortest
    return f"{shortest} to {longest}, median {median}"


def _rate(name: str) -> str:
    return "no time" if name == "none" else f"{name} Hz"


def _counted(text: str, samples: int, summary: Summary) -> str:
    """The text, with the number of samples it holds for unless that is all."""
    return text if samples == summary.samples else f"{text} in {samples}"


def _print_classes(summary: Summary) -> None:
    parts = summary.parts
    timed = any(item.duration_ms for item in summary.classes)
    names = [part.category or "undecided" for part in parts]
    shown = table("Classes", "label", *names, *(["time"] if timed else []), "<")
    amounts = [item.duration_ms if timed else item.samples for item in summary.classes]
    for item, amount in zip(summary.classes, amounts, strict=True):
        cells = []
        for part in parts:
            found = [own.samples for own in part.classes if own.label == item.label]
            cells.append(str(found[0]) if found else "·")
        if timed:
            cells.append(duration(item.duration_ms))
        shown.add_row(item.label, *cells, bar(amount / max(amounts), _BAR))
    console().print(shown)


def _draw(samples: Sequence[Sample]) -> None:
    from rich.text import Text

    from tinsmith.cli.drawing import draw_image, draw_legend, draw_signal
    from tinsmith.signals import Image

    out = console()
    first: dict[str, Sample] = {}
    for sample in samples:
        first.setdefault(sample.label, sample)
    for label, sample in sorted(first.items()):
        content = sample.load()
        title = Text(label or "unlabelled", style="bold")
        title.append(f"  {sample.name}  ", style="dim")
        if isinstance(content, Image):
            out.print(title)
            out.print(draw_image(content, min(out.width, 48)))
            continue
        width = min(out.width, 100)
        content = _start(content, width)
        title.append(f"{content.values.min():.4g} … {content.values.max():.4g}", style="dim")
        if content.interval_ms:
            title.append(f", {duration(content.frames * content.interval_ms)}", style="dim")
        out.print(title)
        out.print(draw_signal(content, width), end="")
        if len(content.sensors) > 1:
            out.print(draw_legend(content))
        out.print()


def _start(signal: Signal, width: int) -> Signal:
    """As much of the start as can be told apart; of sound, all of it, as an envelope."""
    if signal.interval_ms < 1.0:
        return signal
    return replace(signal, values=signal.values[: 4 * width])


def _print_odd(dataset: Dataset, summary: Summary) -> None:
    for finding in summary.findings:
        text = f"{finding.message}; {finding.hint}"
        if finding.level == "warning":
            warn(text)
        else:
            note(f"note: {text}")
    odd = (*dataset.problems, *dataset.warnings)
    for problem in odd[:_SHOWN]:
        say(f"  {problem}", style="yellow")
    if len(odd) > _SHOWN:
        note(f"  … and {len(odd) - _SHOWN} more; see --json")


def duration(milliseconds: float) -> str:
    """Readable time: `2.5 s`, `12 min 05 s`, `3 h 07 min`."""
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"

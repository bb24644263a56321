"""What commands print: data to stdout, everything else to stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tinsmith.core.errors import TinsmithError
from tinsmith.core.progress import Progress, Step

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod
    from rich.table import Table


def console() -> Console:
    """Where tables go: stdout. Text is shown as it is: labels may hold brackets and colons."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def messages() -> Console:
    """Where progress, notes and errors go: stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=1) + "\n")


def note(text: str) -> None:
    """A remark on stderr."""
    say(text, style="dim")


def warn(text: str) -> None:
    """A warning on stderr."""
    say(f"warning: {text}", style="yellow")


def say(text: str, *, style: str = "") -> None:
    """A line on stderr, as it is; the terminal may break it, we do not."""
    messages().print(text, style=style, soft_wrap=True)


def report_error(error: TinsmithError, *, as_json: bool) -> int:
    """Prints an error the user can act on; returns the exit code."""
    if as_json:
        print_json({"error": error.message, "hint": error.hint, "path": error.path})
    else:
        where = f"{error.path}: " if error.path else ""
        say(f"error: {where}{error.message}", style="bold red")
        if error.hint:
            say(f"hint: {error.hint}")
    return error.exit_code


@contextlib.contextmanager
def progress_bars(*, quiet: bool) -> Iterator[Progress]:
    """Progress bars on stderr, one per stage; silent for --json and where nobody looks."""
    out = messages()
    if quiet or not out.is_terminal:
        yield _ignore
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    # The note takes what is left of the line, and never pushes the bar away.
    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim", table_column=rest),
    )
    with Bars(*columns, console=out, expand=True) as bars:
        tasks: dict[str, Any] = {}

        def report(step: Step, /) -> None:
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task(step.stage, total=step.total or None, note="")
            bars.update(
                tasks[step.stage], completed=step.done, total=step.total or None, note=step.note
            )

        yield report


def _ignore(_step: Step, /) -> None:
    return


def table(title: str, *columns: str) -> Table:
    """A table in the house style: numbers right; text left, in the first column and after `<`."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for index, column in enumerate(columns):
        is_text = index == 0 or column.startswith("<")
        justify: JustifyMethod = "left" if is_text else "right"
        # What does not fit is broken, not cut off.
        made.add_column(column.removeprefix("<"), justify=justify, overflow="fold")
    return made


def bar(share: float, width: int) -> str:
    """A bar that fills `share` of `width` cells, to an eighth of a cell."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    rest = " ▏▎▍▌▋▊▉"[eighths % 8].strip()
    return "█" * (eighths // 8) + rest


def percent(value: float | None) -> str:
    """0.873 → `87.3 %`."""
    return "–" if value is None else f"{100 * value:.1f} %"


def kilobytes(value: int | None) -> str:
    """12345 → `12.3 kB` (1 kB = 1000 bytes)."""
    return "–" if value is None else f"{value / 1000:.1f} kB"


def count(value: int | None) -> str:
    """1234567 → `1,234,567`."""
    return "–" if value is None else f"{value:,}"

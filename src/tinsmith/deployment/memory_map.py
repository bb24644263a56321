"""The memory plan as a picture: steps to the right, the arena upwards, a box for every buffer."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tinsmith.compiler.plan import Buffer, MemoryPlan, printable

_WIDTH, _HEIGHT = 960, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 12, 44, 40
_MIN_LABEL_HEIGHT = 14
_CHARACTER = 6.2
_TICKS = 5

_STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #1f2933; }
  .title { font-size: 14px; font-weight: 600; }
  .axis { stroke: #9aa5b1; stroke-width: 1; }
  .grid { stroke: #e4e7eb; stroke-width: 1; }
  .paper { fill: #ffffff; }
  .tensor { fill: #8ab6e8; stroke: #2b6cb0; }
  .scratch { fill: #f6c177; stroke: #b7791f; }
  .state { fill: #a3d9a5; stroke: #2f855a; }
  .box { stroke-width: 1; fill-opacity: 0.72; }
  .bound { stroke: #c53030; stroke-width: 1.5; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb; }
    .paper { fill: #16191d; }
    .grid { stroke: #2a3038; }
    .tensor { fill: #2a4f7a; stroke: #7fb0e6; }
    .scratch { fill: #7a5620; stroke: #f6c177; }
    .state { fill: #2c5e3a; stroke: #8fd19e; }
    .bound { stroke: #fc8181; }
  }
"""


def memory_map(plan: MemoryPlan, title: str) -> str:
    """An SVG; boxes that overlap are outputs laid over dying inputs.

    Args:
        plan: Of a compiled model.
        title: For its head.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{_HEIGHT}"/>',
        f'<text class="title" x="{_LEFT}" y="20">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="36">{escape(_facts(plan))}</text>',
        *_grid(plan),
        *(part for buffer in _drawn(plan) for part in _box(plan, buffer)),
        *_bound(plan),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _facts(plan: MemoryPlan) -> str:
    return (
        f"{plan.memory}: {plan.arena_bytes:,} bytes; no plan of these steps can need less than "
        f"{plan.bound_bytes:,} (dashed). Blue: tensors, yellow: scratch, green: state."
    )


def _drawn(plan: MemoryPlan) -> list[Buffer]:
    """Large boxes first, so that small ones stay visible."""
    return sorted(plan.buffers, key=lambda b: (-b.size * (b.last - b.first + 1), b.offset))


def _x(plan: MemoryPlan, step: float) -> float:
    share = (step + 1) / (len(plan.steps) + 2)
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(plan: MemoryPlan, offset: float) -> float:
    share = offset / max(plan.arena_bytes, 1)
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def _box(plan: MemoryPlan, buffer: Buffer) -> Iterator[str]:
    left, right = _x(plan, buffer.first), _x(plan, buffer.last + 1)
    top, bottom = _y(plan, buffer.offset + buffer.size), _y(plan, buffer.offset)
    name = printable(buffer.name)
    hover = (
        f"{name}: {buffer.size:,} bytes at {buffer.offset:,}, steps {buffer.first} to {buffer.last}"
    )
    yield (
        f'<rect class="box {buffer.kind}" x="{left}" y="{top}" width="{right - left:.1f}" '
        f'height="{max(bottom - top, 1):.1f}"><title>{escape(hover)}</title></rect>'
    )
    # Within its first step, where no box of a later step lies over it.
    room = int((_x(plan, buffer.first + 1) - left - 4) / _CHARACTER)
    if bottom - top >= _MIN_LABEL_HEIGHT and room >= 3:
        label = f"{buffer.size:,}" if room < len(name) else name
        if len(label) <= room:
            middle = round((top + bottom) / 2 + 4, 1)
            yield f'<text x="{left + 3:.1f}" y="{middle}">{escape(label)}</text>'


def _grid(plan: MemoryPlan) -> Iterator[str]:
    right = _WIDTH - _RIGHT
    for tick in range(_TICKS + 1):
        offset = plan.arena_bytes * tick // _TICKS
        y = _y(plan, offset)
        yield f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{offset:,}</text>'
    base = _y(plan, 0)
    yield f'<line class="axis" x1="{_LEFT}" x2="{right}" y1="{base}" y2="{base}"/>'
    every = max(1, len(plan.steps) // 24)
    for step in range(0, len(plan.steps), every):
        yield (
            f'<text x="{(_x(plan, step) + _x(plan, step + 1)) / 2:.1f}" y="{_HEIGHT - 22}" '
            f'text-anchor="middle">{step}</text>'
        )
    yield f'<text x="{right}" y="{_HEIGHT - 6}" text-anchor="end">step</text>'


def _bound(plan: MemoryPlan) -> Iterator[str]:
    y = _y(plan, plan.bound_bytes)
    yield f'<line class="bound" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'

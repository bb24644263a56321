"""The noise of quantisation as a picture: a row for every layer, its ratios as bars."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tinsmith.emulation.noise import FINE_DB
from tinsmith.emulation.quantization import LayerQuantization, QuantizationReport

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 960, 330, 40, 64, 22
_MAX_DB = 60.0
_CHARACTER = 6.2

_STYLE = """
  text { font: 11px system-ui, sans-serif; fill: #1f2933; }
  .title { font-size: 14px; font-weight: 600; }
  .grid { stroke: #e4e7eb; stroke-width: 1; }
  .paper { fill: #ffffff; }
  .fine { fill: #8ab6e8; }
  .poor { fill: #e07b39; }
  .network { stroke: #1f2933; stroke-width: 2; }
  .limit { stroke: #c53030; stroke-width: 1.5; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb; }
    .paper { fill: #16191d; }
    .grid { stroke: #2a3038; }
    .fine { fill: #3b6ea5; }
    .poor { fill: #c2703a; }
    .network { stroke: #e4e7eb; }
    .limit { stroke: #fc8181; }
  }
"""


def quantization_chart(report: QuantizationReport, title: str) -> str:
    """An SVG that reads on light and on dark paper."""
    height = _TOP + _ROW * len(report.layers) + 30
    facts = (
        "Bar: a layer's own signal over noise in dB, orange where something would help. "
        "Tick: with the noise of all layers before it."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
        f'<text class="title" x="12" y="20">{escape(title)}</text>',
        f'<text x="12" y="38">{escape(facts)}</text>',
        *_scale(height),
        *(part for row, layer in enumerate(report.layers) for part in _row(row, layer)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(decibels: float) -> float:
    share = max(0.0, min(decibels, _MAX_DB)) / _MAX_DB
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _scale(height: int) -> Iterator[str]:
    for tick in range(0, int(_MAX_DB) + 1, 10):
        x, kind = _x(tick), "limit" if tick == FINE_DB else "grid"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{height - 26}"/>'
        yield f'<text x="{x}" y="{height - 10}" text-anchor="middle">{tick} dB</text>'


def _row(row: int, layer: LayerQuantization) -> Iterator[str]:
    top = _TOP + row * _ROW
    label = f"{row} {layer.operator.lower()} {layer.name}"
    room = int((_LEFT - 24) / _CHARACTER)
    shown = label if len(label) <= room else label[: room - 1] + "…"
    advice = "" if layer.remedy == "fine" else f"; {layer.remedy}: {layer.reason}"
    hover = f"{label}: {layer.own_db:.1f} dB, in all {layer.sqnr_db:.1f} dB{advice}"
    kind = "fine" if layer.remedy == "fine" else "poor"
    yield f'<text x="12" y="{top + 13}">{escape(shown)}</text>'
    yield (
        f'<rect class="{kind}" x="{_LEFT}" y="{top + 3}" height="{_ROW - 8}" '
        f'width="{_x(layer.own_db) - _LEFT:.1f}"><title>{escape(hover)}</title></rect>'
    )
    x = _x(layer.sqnr_db)
    yield f'<line class="network" x1="{x}" x2="{x}" y1="{top}" y2="{top + _ROW - 2}"/>'

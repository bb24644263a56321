"""What the API says of tables and how they are read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tinsmith.datasets.import_rule import ImportRule


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class TextGuess(_Out):
    """A text that was found, how sure it is from 0 to 1, and why."""

    value: str
    confidence: float
    reason: str


class FlagGuess(_Out):
    """Whether something is so, how sure it is, and why."""

    value: bool
    confidence: float
    reason: str


class CountGuess(_Out):
    """A number that was found, how sure it is, and why."""

    value: int
    confidence: float
    reason: str


class ColumnOut(_Out):
    """A column of a table."""

    name: str
    role: TextGuess
    unit: str
    examples: tuple[str, ...]


class GapOut(_Out):
    """A jump in time before a line."""

    line: int
    length_ms: float


class TimingOut(_Out):
    """How evenly rows follow each other."""

    interval_ms: float
    shortest_ms: float
    longest_ms: float
    gaps: tuple[GapOut, ...]


class ProblemOut(_Out):
    """What stands in the way, and what to do."""

    path: str
    message: str
    hint: str | None


class ProposalOut(_Out):
    """What a table seems to be, each guess with its reason, and the rule that follows."""

    form: Literal["csv", "parquet"]
    delimiter: TextGuess
    decimal: TextGuess
    has_header: FlagGuess
    skip_lines: CountGuess
    kind: TextGuess
    columns: tuple[ColumnOut, ...]
    time_unit: TextGuess
    timing: TimingOut | None
    missing: tuple[str, ...]
    rule: ImportRule
    problems: tuple[ProblemOut, ...]


class SegmentOut(_Out):
    """A label over time."""

    start_index: int
    end_index: int
    label: str


class OutlineOut(_Out):
    """A sample that a table would become."""

    name: str
    frames: int
    interval_ms: float
    label: str | None
    segments: tuple[SegmentOut, ...]
    warnings: tuple[str, ...]


class PreviewOut(_Out):
    """What a rule makes of the beginning of a table."""

    columns: tuple[str, ...]
    roles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    samples: tuple[OutlineOut, ...]
    problems: tuple[ProblemOut, ...]
    is_cut: bool


class ImportRuleOut(BaseModel):
    """The rule of a project; null: each table decides."""

    model_config = ConfigDict(extra="forbid")

    rule: ImportRule | None

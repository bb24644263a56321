"""How tables (CSV, Parquet) are read: a document that is saved and applied to every upload."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.signals import DecodeOptions

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ImportRule(BaseModel):
    """How a table becomes samples; None lets each file decide.

    Attributes:
        version: Of this form of document.
        kind: "time-series" takes rows as moments of a recording, "features" each as a sample.
        delimiter: Character between cells.
        decimal: Decimal mark.
        has_header: Whether the first row names the columns.
        skip_lines: Lines before the table.
        time_column: Name or number of the time column; "" says there is none.
        time_unit: Unit of a numeric time column.
        interval_ms: Milliseconds between rows where there is no time column.
        value_columns: Columns that are kept, in this order; empty keeps all numeric ones.
        units: Units by column name.
        label_column: Column of labels.
        labels: What becomes of a label that changes: labels over time, the last one for all, or a
            new sample at each change.
        metadata_columns: Constant text columns kept as metadata.
        max_rows: Longest sample in rows; longer recordings are split.
        max_length_ms: Longest sample in milliseconds.
        resample_irregular: Whether uneven rows are interpolated onto an even grid.
        max_gap_rows: Longest run of missing values or rows that is interpolated.
        gaps: What becomes of longer jumps in time, and of time that runs backwards: the file is
            refused, or a new sample begins.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    kind: Literal["time-series", "features"] = "time-series"
    delimiter: Annotated[str, Field(pattern=r"^[^\w\s\"'.]$|^[ \t]$")] | None = None
    decimal: Literal[".", ","] | None = None
    has_header: bool | None = None
    skip_lines: Annotated[int, Field(ge=0, le=1000)] = 0
    time_column: str | None = None
    time_unit: Literal["s", "ms", "us", "ns"] | None = None
    interval_ms: Positive | None = None
    value_columns: tuple[str, ...] = ()
    units: dict[str, str] = {}
    label_column: str | None = None
    labels: Literal["over-time", "last", "split"] = "over-time"
    metadata_columns: tuple[str, ...] = ()
    max_rows: Annotated[int, Field(ge=2)] | None = None
    max_length_ms: Positive | None = None
    resample_irregular: bool = False
    max_gap_rows: Annotated[int, Field(ge=0, le=1_000_000)] = 5
    gaps: Literal["refuse", "split"] = "refuse"

    def decode_options(self) -> DecodeOptions:
        """The part that decoders know."""
        return DecodeOptions(
            interval_ms=self.interval_ms,
            delimiter=self.delimiter,
            decimal=self.decimal,
            has_header=self.has_header,
            time_column=self.time_column,
            time_unit=self.time_unit,
            columns=self.value_columns,
            label_column=self.label_column,
            metadata_columns=self.metadata_columns,
            units=self.units,
            resample_irregular=self.resample_irregular,
            max_gap_rows=self.max_gap_rows,
        )

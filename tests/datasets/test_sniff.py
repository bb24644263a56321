"""A table nobody described is understood, with reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DecodeError, TinsmithError
from tinsmith.datasets.sniff import sniff
from tinsmith.datasets.wizard import apply


def table(header: str, rows: list[str]) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def roles(data: bytes) -> dict[str, str]:
    return {column.name: column.role.value for column in sniff(data).columns}


def test_an_ordinary_recording_is_understood() -> None:
    rows = [f"{10 * n},{n % 3}.5,{n},{'on' if n < 20 else 'off'}" for n in range(40)]
    found = sniff(table("timestamp,accX (m/s2),temp [°C],state", rows))
    assert (found.delimiter.value, found.decimal.value) == (",", ".")
    assert found.has_header.value
    assert found.kind.value == "time-series"
    assert [column.role.value for column in found.columns] == ["time", "value", "value", "label"]
    assert [column.unit for column in found.columns] == ["", "m/s2", "Cel", ""]
    assert found.time_unit.value == "ms"
    assert found.timing is not None
    assert found.timing.interval_ms == 10
    assert found.missing == ()
    assert found.problems == ()
    assert all(0 < column.role.confidence <= 1 and column.role.reason for column in found.columns)
    (piece,) = apply(table("timestamp,accX (m/s2),temp [°C],state", rows), "a.csv", found.rule)
    assert [segment.label for segment in piece.decoded.segments] == ["on", "off"]


@pytest.mark.parametrize(
    ("first", "step", "unit"),
    [(1_700_000_000, 1, "s"), (1_700_000_000_000, 20, "ms"), (1_700_000_000_000_000, 500, "us"),
     (1_700_000_000_000_000_000, 1000, "ns"), (0, 0.01, "s"), (0, 20, "ms")],
)  # fmt: skip
def test_the_unit_of_time_is_found(first: float, step: float, unit: str) -> None:
    found = sniff(table("time,x", [f"{first + n * step},{n}" for n in range(30)]))
    assert found.time_unit.value == unit
    assert found.rule.time_unit == unit
    assert 0.5 < found.time_unit.confidence <= 0.95


def test_dates_gaps_and_uneven_rows_are_told() -> None:
    seconds = [*range(20), *range(30, 50)]
    rows = [f"2024-01-31 10:00:{second:02d};{second},5" for second in seconds]
    found = sniff(table("when;x", rows))
    assert found.time_unit.value == "date"
    assert found.decimal.value == ","
    assert found.timing is not None
    assert [(gap.line, gap.length_ms) for gap in found.timing.gaps] == [(22, 11_000)]
    assert not found.rule.resample_irregular
    assert len(list(apply(table("when;x", rows), "a.csv", found.rule))) == 2
    uneven = [f"{n * 10 + (4 if n % 3 else 0) + n * n % 7},{n}" for n in range(40)]
    assert sniff(table("timestamp,x", uneven)).rule.resample_irregular


def test_lines_before_the_table_are_skipped() -> None:
    text = "Device: shaker\nSerial 12\n\ntimestamp,x,y\n" + "".join(
        f"{n * 5},{n},{n + 1}\n" for n in range(30)
    )
    found = sniff(text.encode())
    assert found.skip_lines.value == 3
    (piece,) = apply(text.encode(), "a.csv", found.rule)
    assert piece.first_line == 5


def test_rows_of_features_are_told_from_recordings() -> None:
    rows = [f"{n}.5,{n * 2},{'cat' if n % 2 else 'dog'}" for n in range(30)]
    found = sniff(table("weight,height,species", rows))
    assert found.kind.value == "features"
    assert found.rule.label_column == "species"
    assert found.missing == ()
    assert sniff(b"a,b\n1,2\n").kind.value == "features"


def test_what_only_the_user_knows_is_asked_for() -> None:
    found = sniff("".join(f"{n}.1,{n}.2\n" for n in range(50)).encode())
    assert not found.has_header.value
    assert found.missing == ("interval_ms",)
    assert found.kind.confidence <= 0.5


def test_odd_columns_are_left_out_with_a_reason() -> None:
    rows = [f"{n},{n * 10},{n},,text {n},lab" for n in range(40)]
    found = roles(table(",timestamp,x,empty,note,place", rows))
    assert found == {
        "column_1": "unused", "timestamp": "time", "x": "value", "empty": "unused",
        "note": "unused", "place": "metadata",
    }  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"\0\1\2\3", b"\n\n\n", b'a,b\n"1,2\n'])
def test_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        sniff(data)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,;:\t- \"'\nabtime#e|é", max_size=120))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        found = sniff(text.encode())
        rule = found.rule.model_copy(update={"interval_ms": 1.0} if found.missing else {})
        list(apply(text.encode(), "a.csv", rule))
    except TinsmithError as error:
        assert str(error)  # noqa: PT017 - any of them will do


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_are_understood_or_refused(data: bytes) -> None:
    try:
        sniff(data)
    except TinsmithError as error:
        assert str(error)  # noqa: PT017 - any of them will do


REAL = {
    "fan-vibration": 560, "har-smartphone": 240, "magic-wand-gestures": 10, "nab-sensors": 5,
    "pump-loop-skab": 9, "smartwatch-exercises": 84, "toast-gas-regression": 32,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("folder", REAL)
def test_real_tables_are_read_by_the_rule_proposed_for_them(shared_data: Path, folder: str) -> None:
    count = 0
    for path in sorted((shared_data / folder).rglob("*.csv")):
        found = sniff(path, path.name)
        rule = found.rule
        if found.missing:
            assert folder in ("fan-vibration", "magic-wand-gestures")
            rule = rule.model_copy(update={"interval_ms": 10.0})
        count += bool(list(apply(path, path.name, rule)))
    assert count == REAL[folder]

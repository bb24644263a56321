"""Text tables: dialects, headers, time, gaps, labels, and what is refused."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DecodeError, InputError, UnsupportedError
from tinsmith.signals import Decoded, DecodeOptions, Segment, Sensor, Signal, decode


def read(text: str | bytes, **options: Any) -> Decoded:
    raw = text.encode() if isinstance(text, str) else text
    return decode(raw, "a.csv", DecodeOptions(**options))


def signal(text: str | bytes, **options: Any) -> Signal:
    content = read(text, **options).content
    assert isinstance(content, Signal)
    return content


EVEN = "timestamp,accX,accY\n0,1,2\n20,3,4\n40,5,6\n"
EXPECTED = [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    "text",
    [
        EVEN,
        EVEN.replace("\n", "\r\n"),
        EVEN.replace("\n", "\r"),
        EVEN.rstrip("\n"),
        "\ufeff" + EVEN,
        EVEN.replace(",", ";"),
        EVEN.replace(",", "\t"),
        EVEN.replace(",", "|"),
        EVEN.replace(",", " "),
        EVEN.replace(",", ", "),
        EVEN.replace(",", ",\t"),
        "sep=;\n" + EVEN.replace(",", ";"),
        "# logger 3\n# second line\n" + EVEN,
        "\n\n" + EVEN.replace("\n", "\n\n"),
        EVEN.replace("\n", ",\n"),
        '"timestamp","accX","accY"\n"0","1","2"\n"20","3","4"\n"40","5","6"\n',
        EVEN.replace("timestamp", "time_s").replace("20,", "0.02,").replace("40,", "0.04,"),
        EVEN.replace("timestamp", "t (us)").replace("20,", "20000,").replace("40,", "40000,"),
        EVEN.replace("0,1", "100,1").replace("20,", "120,").replace("40,", "140,"),
    ],
)
def test_spellings_of_one_table_read_alike(text: str) -> None:
    content = signal(text)
    assert content.values.tolist() == EXPECTED
    assert content.interval_ms == pytest.approx(20)
    assert content.sensors == (Sensor("accX", "N/A"), Sensor("accY", "N/A"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_encodings_with_a_mark_need_no_guess(encoding: str) -> None:
    decoded = read("timestamp,Temperatur [°C]\n0,1.5\n20,2.5\n".encode(encoding))
    assert isinstance(decoded.content, Signal)
    assert decoded.content.sensors == (Sensor("Temperatur", "Cel"),)
    assert decoded.warnings == ()


def test_windows_text_is_read_with_a_warning() -> None:
    decoded = read("timestamp,Temperatur [°C]\n0,1.5\n20,2.5\n".encode("cp1252"))
    assert isinstance(decoded.content, Signal)
    assert decoded.content.sensors == (Sensor("Temperatur", "Cel"),)
    assert "Windows-1252" in decoded.warnings[0]


@pytest.mark.parametrize("delimiter", [";", "\t", " ", "|"])
def test_decimal_comma_is_found_and_reported(delimiter: str) -> None:
    text = "timestamp;a;b\n0;1,5;-2,25\n10;,5;3\n20;1e1;1,5e-1\n".replace(";", delimiter)
    decoded = read(text)
    assert isinstance(decoded.content, Signal)
    np.testing.assert_allclose(decoded.content.values, [[1.5, -2.25], [0.5, 3], [10, 0.15]])
    assert decoded.warnings == ("the comma was read as the decimal mark",)
    assert read(text, decimal=",").warnings == ()


def test_a_decimal_comma_that_looks_like_a_delimiter_is_refused() -> None:
    with pytest.raises(DecodeError, match="2 columns, the rows have 3 fields") as caught:
        read("timestamp,a\n0,1,5\n10,2,5\n20,3,5\n")
    assert "decimal" in str(caught.value.hint)


def test_thousands_separators_are_refused() -> None:
    with pytest.raises(DecodeError, match=r"'1.234,5'|hold text"):
        read("timestamp;a\n0;1.234,5\n10;2,5\n")


def test_without_header_columns_are_numbered_and_the_interval_must_be_said() -> None:
    text = "-0.008789, 0.20459, 0.96582\n-0.010254, 0.208008, 0.974121\n"
    with pytest.raises(DecodeError, match="2 rows but no time column") as caught:
        read(text)
    assert "interval_ms" in str(caught.value.hint)
    content = signal(text, interval_ms=5)
    assert content.values.shape == (2, 3)
    assert content.interval_ms == 5
    assert [sensor.name for sensor in content.sensors] == ["column_1", "column_2", "column_3"]


def test_a_first_column_that_rises_like_a_clock_is_pointed_out() -> None:
    text = "0,5\n20,7\n40,6\n60,5\n"
    assert "time_column='0'" in read(text, interval_ms=5).warnings[0]
    content = signal(text, time_column="0")
    assert content.interval_ms == 20
    assert content.values.tolist() == [[5], [7], [6], [5]]


def test_one_row_is_a_row_of_features() -> None:
    content = signal("accX,accY,accZ\n4.5,1.25,-16\n")
    assert content.values.tolist() == [[4.5, 1.25, -16]]
    assert content.interval_ms == 0


@pytest.mark.parametrize(
    ("times", "interval"),
    [
        (["2024-01-31 10:00:00", "2024-01-31 10:00:01", "2024-01-31 10:00:02"], 1000),
        (["2024-01-31T10:00:00.000Z", "2024-01-31T10:00:00.010Z", "2024-01-31T10:00:00.020Z"], 10),
        (["2024-01-31 23:59:59+01:00", "2024-02-01 00:00:00+01:00", "2024-01-31 23:00:01Z"], 1000),
        (["31.01.2024 10:00", "31.01.2024 10:05", "31.01.2024 10:10"], 300_000),
        (["31/01/2024 10:00:00", "31/01/2024 10:00:01", "31/01/2024 10:00:02"], 1000),
        (["01/31/2024 10:00:00", "01/31/2024 10:00:01", "01/31/2024 10:00:02"], 1000),
        (["10:00:00.00", "10:00:00.50", "10:00:01.00"], 500),
        (["2024-01-31", "2024-02-01", "2024-02-02"], 86_400_000),
    ],
)
def test_dates_and_times_are_read(times: list[str], interval: float) -> None:
    text = "datetime,a\n" + "".join(f"{time},{index}\n" for index, time in enumerate(times))
    content = signal(text)
    assert content.interval_ms == interval
    assert content.values[:, 0].tolist() == [0, 1, 2]


def test_day_and_month_that_stay_open_are_refused() -> None:
    with pytest.raises(DecodeError, match="day/month or month/day"):
        read("date,a\n01/02/2024,1\n02/02/2024,2\n03/02/2024,3\n")


def test_an_unreadable_time_is_refused() -> None:
    with pytest.raises(DecodeError, match="2024-13-45"):
        read("date,a\n2024-01-31 10:00:00,1\n2024-13-45 10:00:00,2\n")


@pytest.mark.parametrize(
    ("name", "start", "step", "interval", "warns"),
    [
        ("timestamp", 0, 20, 20, False),
        ("timestamp", 0, 0.02, 20, True),
        ("time", 5, 20, 20, True),
        ("time_ms", 5, 20, 20, False),
        ("seconds", 0, 0.5, 500, False),
        ("t [s]", 0, 2, 2000, False),
        ("timestamp", 1_700_000_000, 1, 1000, True),
        ("timestamp", 1_700_000_000_000, 10, 10, True),
        ("timestamp", 1_700_000_000_000_000, 10_000, 10, True),
    ],
)
def test_units_of_numeric_time_are_known_or_pointed_out(
    name: str, start: float, step: float, interval: float, warns: bool
) -> None:
    rows = "".join(f"{start + step * index!r},{index}\n" for index in range(10))
    decoded = read(f"{name},a\n{rows}")
    assert isinstance(decoded.content, Signal)
    assert decoded.content.interval_ms == pytest.approx(interval, rel=1e-6)
    assert bool(decoded.warnings) == warns


def test_the_time_unit_can_be_said() -> None:
    assert signal("time,a\n0,1\n1,2\n2,3\n", time_unit="s").interval_ms == 1000


def test_rounded_times_give_the_true_interval() -> None:
    rows = "".join(f"{index * 1000 / 360:.2f},{index}\n" for index in range(2000))
    assert signal(f"timestamp,a\n{rows}").interval_ms == pytest.approx(1000 / 360, rel=1e-5)
    rows = "".join(f"{round(index * 2.5)},{index}\n" for index in range(1000))
    assert signal(f"timestamp,a\n{rows}").interval_ms == pytest.approx(2.5, rel=1e-3)


def test_short_gaps_of_missing_rows_are_interpolated_with_a_warning() -> None:
    decoded = read("timestamp,a\n" + "".join(f"{t},{t}\n" for t in range(0, 200, 10) if t != 50))
    assert isinstance(decoded.content, Signal)
    assert decoded.content.values[:, 0].tolist() == list(range(0, 200, 10))
    assert decoded.warnings == ("1 missing rows were interpolated",)


def test_long_gaps_are_refused_with_line_and_length() -> None:
    text = "timestamp,a\n" + "".join(f"{t},{t}\n" for t in range(0, 1000, 10) if not 100 < t < 300)
    with pytest.raises(DecodeError, match="line 13: about 19 rows are missing"):
        read(text)
    assert signal(text, max_gap_rows=19).values.shape == (100, 1)


def test_missing_values_are_interpolated_when_few() -> None:
    decoded = read("timestamp,a,b\n0,1,5\n10,,NA\n20,3,7\n30,4,8\n")
    assert isinstance(decoded.content, Signal)
    assert decoded.content.values.tolist() == [[1, 5], [2, 6], [3, 7], [4, 8]]
    assert decoded.warnings == (
        "1 missing values of 'a' were interpolated",
        "1 missing values of 'b' were interpolated",
    )


def test_many_missing_values_in_a_row_are_refused() -> None:
    text = "timestamp,a,b\n" + "".join(
        f"{10 * i},{i},{'' if 3 <= i < 9 else i}\n" for i in range(20)
    )
    with pytest.raises(DecodeError, match="line 5: 6 values in a row are missing in column 'b'"):
        read(text)
    assert signal(text, max_gap_rows=6).values[:, 1].tolist() == list(range(20))
    assert signal(text, columns=("a",)).axes == 1


def test_an_empty_column_is_left_out_with_a_warning() -> None:
    decoded = read("timestamp,a,b\n0,1,\n10,2,\n20,3,\n")
    assert isinstance(decoded.content, Signal)
    assert [sensor.name for sensor in decoded.content.sensors] == ["a"]


@pytest.mark.parametrize("bad", ["nan", "NaN", "inf", "-Infinity", "1e400"])
def test_values_that_are_not_finite_are_refused_with_line_and_column(bad: str) -> None:
    with pytest.raises(DecodeError, match=r"line 3, column 'a' is"):
        read(f"timestamp,a\n0,1\n10,{bad}\n20,3\n")


@pytest.mark.parametrize("bad", ["1_000", "0x10", "1.2.3", "12abc", "--1", "1e", "1,5", "True"])
def test_cells_that_are_no_numbers_are_refused(bad: str) -> None:
    rows = "".join(f"{10 * index};1.5\n" for index in range(600))
    with pytest.raises(DecodeError, match=r"line 602, column 'a' is"):
        read(f"timestamp;a\n{rows}6000;{bad}\n")


def test_irregular_rows_are_refused_or_interpolated_on_request() -> None:
    times = [0, 10, 24, 27, 40, 58, 61, 70]
    text = "timestamp,a\n" + "".join(f"{t},{2 * t}\n" for t in times)
    with pytest.raises(DecodeError, match="not evenly spaced") as caught:
        read(text)
    assert "resample_irregular" in str(caught.value.hint)
    decoded = read(text, resample_irregular=True)
    assert isinstance(decoded.content, Signal)
    grid = np.arange(decoded.content.frames) * decoded.content.interval_ms
    np.testing.assert_allclose(decoded.content.values[:, 0], 2 * grid, rtol=1e-6)
    assert grid[-1] <= 70 < grid[-1] + decoded.content.interval_ms
    assert "unevenly spaced" in decoded.warnings[0]


def test_repeated_and_backward_times_need_a_request() -> None:
    repeated = "timestamp,a\n0,0\n10,1\n10,3\n20,4\n30,6\n"
    with pytest.raises(DecodeError, match="line 4: time stands still"):
        read(repeated)
    assert signal(repeated, resample_irregular=True).values[:, 0].tolist() == [0, 2, 4, 6]
    backward = "timestamp,a\n0,0\n20,2\n10,1\n30,3\n"
    with pytest.raises(DecodeError, match="line 4: time runs backwards"):
        read(backward)
    decoded = read(backward, resample_irregular=True)
    assert isinstance(decoded.content, Signal)
    assert decoded.content.values[:, 0].tolist() == [0, 1, 2, 3]
    assert "sorted" in decoded.warnings[0]


def test_a_change_of_rate_within_a_file_is_refused() -> None:
    times = [*range(0, 500, 10), *range(500, 1200, 14)]
    with pytest.raises(DecodeError, match="not evenly spaced"):
        read("timestamp,a\n" + "".join(f"{t},1\n" for t in times))


def test_labels_over_time_become_segments() -> None:
    text = "timestamp,a,state\n0,1,idle\n10,2,idle\n20,3,run\n30,4,\n40,5,idle\n"
    with pytest.raises(DecodeError, match="'state' hold text") as caught:
        read(text)
    assert "label_column" in str(caught.value.hint)
    decoded = read(text, label_column="state")
    assert isinstance(decoded.content, Signal)
    assert decoded.content.values[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert decoded.label is None
    assert decoded.segments == (
        Segment(0, 1, "idle"),
        Segment(2, 2, "run"),
        Segment(4, 4, "idle"),
    )


def test_labels_follow_interpolated_rows() -> None:
    text = "timestamp,a,state\n" + "".join(
        f"{t},1,{'x' if t < 60 else 'y'}\n" for t in range(0, 200, 10) if t not in (60, 70)
    )
    decoded = read(text, label_column="state")
    assert decoded.segments == (Segment(0, 7, "x"), Segment(8, 19, "y"))


def test_a_constant_label_labels_the_file() -> None:
    decoded = read(
        "timestamp,a,kind,who\n0,1,walk,ann\n10,2,walk,ann\n",
        label_column="kind",
        metadata_columns=("who",),
    )
    assert decoded.label == "walk"
    assert decoded.segments == ()
    assert decoded.metadata == {"who": "ann"}


def test_metadata_that_changes_is_refused() -> None:
    with pytest.raises(DecodeError, match="changes"):
        read("timestamp,a,who\n0,1,ann\n10,2,bob\n", metadata_columns=("who",))


def test_columns_can_be_chosen_and_ordered() -> None:
    content = signal("timestamp,a (g),b,c\n0,1,2,x\n10,4,5,y\n", columns=("b", "a"))
    assert content.values.tolist() == [[2, 1], [5, 4]]
    assert content.sensors == (Sensor("b", "N/A"), Sensor("a", "g"))
    with pytest.raises(DecodeError, match="no column 'd'") as caught:
        read("timestamp,a\n0,1\n10,2\n", columns=("d",))
    assert "timestamp, a" in str(caught.value.hint)


def test_units_can_be_said_and_unknown_ones_are_pointed_out() -> None:
    assert signal(EVEN, units={"accX": "m/s2"}).sensors[0] == Sensor("accX", "m/s2")
    assert "smoots" in read("timestamp,a [smoots]\n0,1\n10,2\n").warnings[0]


def test_an_unnamed_column_of_row_numbers_is_left_out() -> None:
    for text in (
        '"date","a"\n"7","2015-02-02 14:19:00",1\n"8","2015-02-02 14:20:00",2\n',
        ",timestamp,a\n0,0,1\n1,10,2\n",
    ):
        decoded = read(text)
        assert isinstance(decoded.content, Signal)
        assert decoded.content.values.tolist() == [[1], [2]]
        assert "counts the rows" in decoded.warnings[0]


def test_unclear_headers_are_refused() -> None:
    with pytest.raises(DecodeError, match="header or a row"):
        read("0,1,2\n3.5,4,5\n6,7,8\n", interval_ms=1)
    with pytest.raises(DecodeError, match="header or a row"):
        read("0.5,error,0.25\n0.5,0.75,0.25\n0.5,0.75,0.5\n", interval_ms=1)
    assert signal("0,1,2\n3.5,4,5\n", interval_ms=1, has_header=True).frames == 1


def test_column_names_that_repeat_are_numbered() -> None:
    decoded = read("timestamp,a,a,a\n0,1,2,3\n10,4,5,6\n")
    assert isinstance(decoded.content, Signal)
    names = [sensor.name for sensor in decoded.content.sensors]
    assert names == ["a", "a_2", "a_3"]
    assert decoded.warnings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\n", "no rows"),
        ("timestamp,a\n", "header but no rows"),
        ("timestamp\n0\n10\n", "no column of values"),
        ("timestamp,a\n0,1\n10\n", "line 3 has 1 fields; expected 2"),
        ("timestamp,a\n0,1\n10,2,3\n", "line 3 has 3 fields; expected 2"),
        ('timestamp,a\n0,"1\n10,2\n', "line 3"),
        ("timestamp,a\n0,1\n,2\n20,3\n", "line 3: the time in column 'timestamp' is missing"),
        ("timestamp,a\n5,1\n5,2\n", "time stands still"),
        ("first,last\nJohn,Doe\n", "hold text"),
        ("timestamp,a\n0,1\n\x0010,2\n", "control character"),
        ("a,b\n,\n,\n", "header but no rows"),
        ("time,a\n0,\n1,\n", "no numbers"),
    ],
)
def test_tables_that_make_no_sense_are_refused(text: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        read(text)


def test_a_disagreeing_interval_is_pointed_out_and_not_used() -> None:
    decoded = read(EVEN, interval_ms=5)
    assert isinstance(decoded.content, Signal)
    assert decoded.content.interval_ms == 20
    assert "not used" in decoded.warnings[0]


def test_the_number_of_values_is_limited() -> None:
    with pytest.raises(UnsupportedError, match="limit is 100"):
        read("timestamp,a\n" + "".join(f"{i},1\n" for i in range(101)), max_values=100)


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 4))


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(numbers, min_size=width, max_size=width), min_size=2, max_size=30
        )
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([".", ","]),
    st.sampled_from([1, 5, 16.5, 20, 1000]),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=100, deadline=None)
def test_tables_read_back_as_written(
    rows: list[list[float]], delimiter: str, decimal: str, step: float, newline: str
) -> None:
    if delimiter == decimal:
        delimiter = ";"
    header = delimiter.join(["timestamp", *(f"axis{index}" for index in range(len(rows[0])))])
    lines = [
        delimiter.join(repr(cell).replace(".", decimal) for cell in [step * index, *row])
        for index, row in enumerate(rows)
    ]
    content = signal(newline.join([header, *lines]))
    np.testing.assert_array_equal(content.values, np.array(rows, dtype=np.float32))
    assert math.isclose(content.interval_ms, step, rel_tol=1e-9)


@given(st.text(st.sampled_from("0123456789.,;-eE \t\n\r\"'abNx:/|"), max_size=80), st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_text_ends_in_finite_values_or_an_input_error(text: str, has_interval: bool) -> None:
    with contextlib.suppress(InputError):
        content = signal(text, interval_ms=10 if has_interval else None)
        assert content.values.size
        assert np.isfinite(content.values).all()


@given(st.binary(max_size=100))
@settings(max_examples=200, deadline=None)
def test_any_bytes_named_csv_end_in_an_input_error_or_values(raw: bytes) -> None:
    with contextlib.suppress(InputError):
        read(raw)

"""Labels and metadata from file names."""

from __future__ import annotations

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.datasets.naming import label_from_name, parse_pattern


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("idle.01.cbor", "idle"),
        ("forward_elevation.s01L.csv", "forward_elevation"),
        ("up-down 2(1).wav", "up-down 2"),
        ("Türklingel.7.wav", "Türklingel"),
        (".hidden", ""),
    ],
)
def test_label_is_the_leading_run_of_word_characters(name: str, label: str) -> None:
    assert label_from_name(name) == label


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        (
            "{label}.s{subject:02d}{side}.csv",
            "abduction.s01L.csv",
            {"label": "abduction", "subject": "01", "side": "L"},
        ),
        (
            "{label}.s{subject:02d}{side}.csv",
            "deep/er/forward_elevation.s12R.csv",
            {"label": "forward_elevation", "subject": "12", "side": "R"},
        ),
        (
            "{label}/{fold:d}-{source}-{take:1}.ogg",
            "dog_bark/1-100032-A.ogg",
            {"label": "dog_bark", "fold": "1", "source": "100032", "take": "A"},
        ),
        ("{label}_{speaker}_{}", "7_george_12.wav", {"label": "7", "speaker": "george"}),
        ("{label:f}V.{}.csv", "-1.5V.x.csv", {"label": "-1.5"}),
        (r"^(?P<label>\d)_(?P<who>[a-z]+)_\d+\.wav", "3_jo_1.wav", {"label": "3", "who": "jo"}),
    ],
)
def test_pattern_finds_its_fields(pattern: str, path: str, fields: dict[str, str]) -> None:
    assert parse_pattern(pattern).match(path) == fields


@pytest.mark.parametrize(
    ("pattern", "path", "said"),
    [
        ("{label}.s{subject:02d}.csv", "walk.s1.csv", "after 'walk.s' expected 2 or more digits"),
        ("{label}.s{subject:02d}.csv", "walk.csv", "expected '.s'"),
        ("{label}.s{subject:02d}.csv", "walk.s01.csv.bak", "'.bak' is left over"),
        ("{label}-{n:d}", "walk-", "found the end of the name"),
        (r"^(?P<label>\d)$", "x", "regular expression"),
    ],
)
def test_mismatch_is_explained(pattern: str, path: str, said: str) -> None:
    parsed = parse_pattern(pattern)
    assert parsed.match(path) is None
    assert said in parsed.explain(path)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("plain.csv", "names no field"),
        ("{label", "brace"),
        ("{label}}", "brace"),
        ("{label}.{label}", "not valid"),
        ("{la bel}", "letters, digits"),
        ("{label:%q}", "form"),
        ("^(?P<label>[)$", "not valid"),
        ("", "names no field"),
    ],
)
def test_bad_pattern_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(DesignError, match=said):
        parse_pattern(pattern)

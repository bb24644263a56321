"""All that is wrong with a design is found at once, each at its field."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import TinsmithError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.facts import DataFacts, data_facts
from tinsmith.impulse.features import window_format
from tinsmith.impulse.findings import Finding, check
from tinsmith.impulse.fit import check_design

SampleMaker = Callable[..., tuple[Sample, ...]]
DocumentMaker = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def facts(motion_samples: SampleMaker) -> DataFacts:
    return data_facts(motion_samples(6))


def errors(found: list[Finding]) -> dict[str, str]:
    return {item.path: item.message for item in found if item.severity == "error"}


def test_the_facts_of_recordings(facts: DataFacts) -> None:
    assert facts.kind == "signal"
    assert facts.axes == ("accX", "accY", "accZ")
    assert (facts.interval_ms, facts.durations_ms) == (10.0, (3000.0, 3000.0, 3000.0))
    assert facts.labels == ("idle", "rattling", "turning")
    assert (facts.nature, facts.metadata, facts.has_numbers) == ("motion", ("device",), False)


def test_a_good_design_has_no_findings(motion_document: DocumentMaker, facts: DataFacts) -> None:
    assert check(motion_document(), facts) == []
    assert check(motion_document()) == []


def test_every_problem_is_found_at_its_field(
    motion_document: DocumentMaker, facts: DataFacts
) -> None:
    document = motion_document(nam="x")
    document["input"] |= {"axes": ["accX", "gyrX"], "group_key": "person", "stride_ms": 2000}
    document["processing"][0]["parameters"] = {"fft_length": 5000, "fftlength": 16, "do_log": "no"}
    document["processing"][1] |= {"id": "spectral", "type": "flaten"}
    document["learning"][0]["training"] = {"epochs": 0, "epoch": 3}
    document["learning"][1]["inputs"] = ["spectral", "nothing"]
    document["learning"].append({"id": "third", "type": "classify"})
    found = check(document, facts)
    assert set(errors(found)) == {
        "nam", "input.axes.1", "input.group_key",
        "processing.0.parameters.fft_length", "processing.0.parameters.fftlength",
        "processing.0.parameters.do_log", "processing.1.type", "processing.1.id",
        "learning.0.training.epochs", "learning.0.training.epoch", "learning.1.inputs.1",
        "learning.2.type",
    }  # fmt: skip
    by_path = {item.path: item for item in found}
    assert by_path["processing.0.parameters.fft_length"].hint.startswith("from 4 to 4096")
    assert by_path["processing.0.parameters.fftlength"].hint == "did you mean fft_length?"
    assert "flatten" in by_path["processing.1.type"].hint
    assert by_path["input.stride_ms"].severity == "warning"
    assert found[0].severity == "error"
    assert found[-1].severity == "warning"


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"fft_length": 48}, "processing.0.parameters.fft_length"),
        (
            {"filter_type": "low", "filter_cutoff_hz": 60},
            "processing.0.parameters.filter_cutoff_hz",
        ),
        ({"analysis_type": "Wavelet", "wavelet_level": 5}, "processing.0.parameters.wavelet_level"),
    ],
)
def test_what_does_not_fit_the_window_is_found_at_its_parameter(
    motion_document: DocumentMaker, facts: DataFacts, parameters: dict[str, Any], path: str
) -> None:
    document = motion_document()
    document["processing"][0]["parameters"] = parameters
    assert set(errors(check(document, facts))) == {path}


def test_layers_are_found_by_their_position(
    motion_document: DocumentMaker, facts: DataFacts
) -> None:
    document = motion_document()
    document["learning"][0]["network"] = [{"type": "dense", "units": 4}, {"type": "conv1d"}]
    assert set(errors(check(document, facts))) == {"learning.0.network.1"}
    dense = {"type": "dense", "units": 4}
    document["learning"][0]["network"] = [dense, {"type": "conv1d", "filters": 3, "kernel": 3}]
    assert set(errors(check(document, facts))) == {"learning.0.network.1"}
    document["learning"][0]["network"] = "huge"
    assert set(errors(check(document, facts))) == {"learning.0.network"}
    document = motion_document()
    document["learning"][1]["axes"] = ["accX Stdev", "accX Stdv"]
    assert set(errors(check(document, facts))) == {"learning.1.axes.1"}


def test_a_setting_that_another_turns_off_is_noted(
    motion_document: DocumentMaker, facts: DataFacts
) -> None:
    document = motion_document()
    document["processing"][0]["parameters"] = {"filter_order": 4}
    (note,) = check(document, facts)
    assert (note.path, note.severity) == ("processing.0.parameters.filter_order", "note")
    assert "while filter_type is 'none'" in note.message


def test_windows_that_do_not_fit_the_recordings(
    motion_document: DocumentMaker, facts: DataFacts
) -> None:
    document = motion_document()
    document["input"] |= {"window_ms": 5000, "zero_pad": False}
    assert "longer than every recording" in errors(check(document, facts))["input.window_ms"]
    document["input"] |= {"window_ms": 1000, "interval_ms": 5}
    (warning,) = check(document, facts)
    assert "100 Hz are resampled to 200 Hz" in warning.message
    assert warning.severity == "warning"


def test_pictures_sounds_and_labels_are_told_apart(
    motion_document: DocumentMaker, picture_samples: SampleMaker, sound_samples: SampleMaker
) -> None:
    pictures = data_facts(picture_samples(3))
    assert "input.type" in errors(check(motion_document(), pictures))
    assert (pictures.nature, data_facts(sound_samples(3)).nature) == ("image", "sound")
    one = DataFacts("signal", 2, ("accX", "accY", "accZ"), 10.0, (10.0,), (3e3, 3e3, 3e3), ("a",),
                    metadata=("device",))  # fmt: skip
    assert "one class only" in errors(check(motion_document(), one))["learning.0.type"]
    document = motion_document(learning=[{"id": "n", "type": "regression"}])
    assert "labels are not numbers: a" in errors(check(document, one))["learning.0.type"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [("input",), ("processing",), ("learning",), ("input", "window_ms"), ("processing", 0),
     ("processing", 0, "parameters"), ("processing", 0, "parameters", "fft_length"),
     ("learning", 0, "network"), ("learning", 0, "training"), ("learning", 1, "axes"),
     ("learning", 0, "training", "epochs"), ("name",), ("schema_version",)]
)  # fmt: skip


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(place=PLACES, value=JSON)
def test_a_design_without_errors_is_one_that_works(
    motion_document: DocumentMaker, motion_samples: SampleMaker, place: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(motion_document())
    inside: Any = document
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    samples = motion_samples(3)
    found = errors(check(document, data_facts(samples)))
    try:
        design = parse_impulse(document)
        check_design(design, window_format(samples, design))
    except TinsmithError:
        assert found
    else:
        assert not found

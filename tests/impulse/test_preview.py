"""A preview shows what the C core makes of one window, and what it costs on a device."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.sample import Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.device import find_device
from tinsmith.impulse.features import feature_table, window_format
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.graphs import Graph
from tinsmith.impulse.preview import Preview, preview
from tinsmith.impulse.profile import profile

SampleMaker = Callable[..., tuple[Sample, ...]]
DocumentMaker = Callable[..., dict[str, Any]]


def designed(source: dict[str, Any], *blocks: tuple[str, dict[str, Any]]) -> Impulse:
    return parse_impulse(
        {
            "input": source,
            "processing": [
                {"id": f"b{at}", "type": kind, "parameters": parameters}
                for at, (kind, parameters) in enumerate(blocks)
            ],
            "learning": [{"id": "network", "type": "classification"}],
        }
    )


MOTION = {"type": "time-series", "window_ms": 1000, "stride_ms": 500, "interval_ms": 10}
SOUND = {"type": "time-series", "window_ms": 1000, "stride_ms": 500, "interval_ms": 0.0625}


def graphs(found: Preview, block: int = 0) -> dict[str, Graph]:
    return {graph.title: graph for graph in found.blocks[block].graphs}


def test_features_are_those_of_the_same_window_in_training(
    motion_design: Impulse, training_samples: tuple[Sample, ...]
) -> None:
    window = window_format(training_samples, motion_design)
    table = feature_table(training_samples, motion_design, window, cache=Cache(None))
    for index in (0, 3):
        found = preview(motion_design, training_samples[2], index)
        row = 2 * 5 + index
        for block in found.blocks:
            assert block.features.tobytes() == table.features[block.id][row].tobytes()
        assert (found.start_ms, found.windows) == (table.start_ms[row], 5)
        assert found.label == table.labels[row]
    json.dumps(found.to_dict())


def test_a_resampled_recording_shows_the_window_of_training(
    motion_document: DocumentMaker, motion_samples: SampleMaker
) -> None:
    document = motion_document()
    document["input"]["interval_ms"] = 20
    design = parse_impulse(document)
    samples = motion_samples(1)
    table = feature_table(samples, design, window_format(samples, design), cache=Cache(None))
    found = preview(design, samples[0], 2)
    assert found.blocks[0].features.tobytes() == table.features["spectral"][2].tobytes()


def test_spectra_peak_where_the_machine_turns(motion_samples: SampleMaker) -> None:
    design = designed(
        MOTION,
        ("spectral_analysis", {"fft_length": 64, "filter_type": "low", "filter_cutoff_hz": 20}),
    )
    found = graphs(preview(design, motion_samples(3)[1]))
    spectrum = found["Spectrum"]
    (name, power), *others = spectrum.lines
    assert (name, len(others), spectrum.kind) == ("accX", 2, "curve")
    assert abs(float(spectrum.x[int(power.argmax())]) - 4.0) < 100 / 64
    gain = found["Filter"].lines[0][1]
    at_cutoff = np.interp(20, np.array(found["Filter"].x, float), gain)
    assert at_cutoff == pytest.approx(np.sqrt(0.5), abs=0.01)
    assert gain[0] == 1
    assert found["Statistics"].x[:2] == ("RMS", "Skewness")


def test_sound_shows_a_spectrogram_with_time_and_frequency(sound_samples: SampleMaker) -> None:
    design = designed(SOUND, ("mfe", {}), ("mfcc", {}), ("spectrogram", {"fft_length": 256}))
    found = preview(design, sound_samples(3)[1])
    mel = graphs(found, 0)["Audio (MFE)"]
    assert mel.values is not None
    assert mel.values.shape == (40, 99) == (len(mel.y), len(mel.x))
    assert mel.x[1] == 10
    assert list(mel.y) == sorted(mel.y)
    plot = graphs(found, 2)["Spectrogram"]
    assert plot.values is not None
    loudest = np.array(plot.y)[plot.values.argmax(axis=0)]
    # The siren rises from 500 Hz by 1800 Hz in a second.
    assert abs(loudest[2] - 550) < 130
    assert abs(loudest[-3] - 2250) < 160
    filters = graphs(found, 1)["Filters"]
    assert filters.values is not None
    assert filters.values.shape == (32, 129)


def test_raw_windows_and_pictures_are_shown_as_they_are(
    motion_samples: SampleMaker, picture_samples: SampleMaker
) -> None:
    found = preview(designed(MOTION, ("raw", {})), motion_samples(1)[0], 1)
    signal = motion_samples(1)[0].load_signal()
    assert found.graph.lines[2][1].tobytes() == signal.values[50:150, 2].tobytes()
    assert graphs(found)["Result"].lines[2][1].tobytes() == signal.values[50:150, 2].tobytes()
    assert found.graph.x[:2] == (0, 10)
    picture = picture_samples(1)[0]
    square = {"type": "image", "width": 48, "height": 48}
    found = preview(designed(square, ("image", {})), picture)
    assert found.graph.values is not None
    pixels = picture.load_image().pixels / 255
    assert np.abs(found.graph.values - pixels).max() < 1e-6


def test_windows_that_are_not_there_are_refused(
    motion_design: Impulse, training_samples: tuple[Sample, ...]
) -> None:
    for index in (5, -1):
        with pytest.raises(DatasetError, match="has 5 windows"):
            preview(motion_design, training_samples[0], index)
    with pytest.raises(DesignError, match="fft_length"):
        preview(designed(MOTION, ("spectral_analysis", {"fft_length": 60})), training_samples[0])


@pytest.mark.slow
def test_costs_are_those_a_profile_of_the_whole_impulse_measures(
    fitted: FittedImpulse, training_samples: tuple[Sample, ...]
) -> None:
    cache, device = Cache(None), find_device(clock_mhz=100)
    sample = training_samples[1]
    found = preview(fitted.design, sample, device=device, cache=cache)
    whole = profile(fitted, found.raw[None], variant="int8", target=device.core)
    stages = {stage.name: stage.instructions for stage in whole.stages}
    for block in found.blocks:
        assert block.cost is not None
        assert block.cost.instructions == pytest.approx(stages[block.id], rel=0.02)
        time_ms = block.cost.instructions * 1.6 / 100_000
        assert block.cost.milliseconds == pytest.approx(time_ms)
        assert block.cost.ram_bytes > 4 * len(block.features)
    misses = cache.misses
    preview(fitted.design, sample, 1, device=device, cache=cache)
    assert cache.misses == misses


@pytest.mark.slow
def test_a_warm_preview_is_quick(sound_samples: SampleMaker) -> None:
    design, cache = designed(SOUND, ("mfe", {})), Cache(None)
    sample = sound_samples(1, seconds=60.0)[0]
    seconds = []
    for index in range(6):
        begin = time.perf_counter()
        preview(design, sample, index, device=find_device(), cache=cache).to_dict()
        seconds.append(time.perf_counter() - begin)
    assert min(seconds[1:]) < 0.1

"""Estimated times: against published ones, and for every board."""

from __future__ import annotations

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.emulation.cycles import boards, cores, default_board, estimate, find_board
from tinsmith.toolchain import targets

# Instructions of TensorFlow Lite Micro with CMSIS-NN, and the published milliseconds of the same
# kernels on the NUCLEO-L4R5ZI (MLPerf Tiny v1.0, closed division).
PUBLISHED = {
    "keywords": (7_697_391, 99.8),
    "visual wake words": (24_101_940, 301.2),
    "image classification": (29_866_203, 389.6),
    "anomaly detection": (582_952, 8.61),
}


@pytest.mark.parametrize("task", PUBLISHED)
def test_estimates_lie_within_the_stated_error(task: str) -> None:
    instructions, milliseconds = PUBLISHED[task]
    found = estimate(instructions, find_board("nucleo-l4r5zi"))
    assert found.calibrated
    assert abs(found.milliseconds / milliseconds - 1.0) <= found.error


def test_the_stated_error_is_not_larger_than_needed() -> None:
    board = find_board("nucleo-l4r5zi")
    errors = [
        abs(estimate(count, board).milliseconds / ms - 1.0) for count, ms in PUBLISHED.values()
    ]
    assert max(errors) > 0.8 * estimate(1, board).error


def test_every_board_has_a_known_core() -> None:
    for board in boards().values():
        assert board.core in cores()
        assert board.flash_bytes > board.ram_bytes > 0


def test_every_microcontroller_target_has_a_cost_and_a_board() -> None:
    for name in (name for name, target in targets().items() if target.is_firmware):
        assert name in cores()
        assert default_board(name) is not None
    assert default_board("wasm32") is None


def test_an_unknown_board_is_named_with_the_known_ones() -> None:
    with pytest.raises(DesignError, match="nano-33-ble-sense"):
        find_board("uno")

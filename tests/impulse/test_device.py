"""Devices have budgets, and profiles are held against them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.emulation.cycles import boards
from tinsmith.impulse.device import DEFAULT_BOARD, Device, devices, find_device, within_budget
from tinsmith.impulse.profile import Profile

PROFILE = Profile(
    target="cortex-m4f", variant="int8", instructions=1_000_000, startup_instructions=0, stages=(),
    ram_bytes=10_000, stack_bytes=500, flash_bytes=50_000, window_bytes=4, arena_bytes=4,
    num_features=1,
)  # fmt: skip


def test_every_board_is_a_device() -> None:
    assert {item.name for item in devices()} == set(boards())
    default = find_device()
    assert (default.name, default.core, default.clock_mhz) == (DEFAULT_BOARD, "cortex-m4f", 80)


def test_a_profile_well_within_the_budget_has_no_warnings() -> None:
    assert within_budget(PROFILE, find_device(latency_ms=100)) == ()


@pytest.mark.parametrize(
    ("changes", "severity", "path"),
    [
        ({"ram_bytes": 9_999}, "error", "ram_bytes"),
        ({"ram_bytes": 12_000}, "warning", "ram_bytes"),
        ({"flash_bytes": 40_000}, "error", "flash_bytes"),
        ({"flash_bytes": 55_000}, "warning", "flash_bytes"),
        ({"latency_ms": 19.9}, "error", "latency_ms"),
        ({"latency_ms": 20.1}, "warning", "latency_ms"),
    ],
)
def test_each_budget_has_its_warning(changes: dict[str, float], severity: str, path: str) -> None:
    (found,) = within_budget(PROFILE, replace(find_device(), **changes))
    assert (found.severity, found.path) == (severity, path)
    assert found.hint


def test_time_follows_the_clock() -> None:
    # 1,000,000 instructions × 1.6 cycles at 80 MHz.
    assert find_device().time(1_000_000).milliseconds == pytest.approx(20)
    assert find_device(clock_mhz=160).time(1_000_000).milliseconds == pytest.approx(10)


def test_errors_come_before_warnings() -> None:
    found = within_budget(PROFILE, find_device(ram_bytes=12_000, flash_bytes=100, latency_ms=1))
    assert [item.severity for item in found] == ["error", "error", "warning"]


def test_devices_of_ones_own_are_checked() -> None:
    own = Device("mine", "My board", "cortex-m0plus", 32, 8192, 65_536)
    with pytest.raises(DesignError, match="the profile is of cortex-m4f"):
        within_budget(PROFILE, own)
    with pytest.raises(DesignError, match="unknown core 'avr'"):
        replace(own, core="avr")
    with pytest.raises(DesignError, match="clock_mhz is 0"):
        replace(own, clock_mhz=0)
    with pytest.raises(DesignError, match="latency_ms is nan"):
        replace(own, latency_ms=float("nan"))

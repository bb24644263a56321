"""Processes that share a machine share its cores."""

from __future__ import annotations

import os

from tinsmith.core.cores import cores, limit_cores


def test_all_cores_are_used_unless_a_share_is_given() -> None:
    everything = len(os.sched_getaffinity(0))
    assert cores() == everything
    limit_cores(3)
    try:
        assert cores() == 3
    finally:
        limit_cores(0)
    assert cores() == everything

"""Progress is a callback that knows nothing of screens."""

from __future__ import annotations

from tinsmith.core.progress import Progress, Step, silent


def test_a_receiver_gets_steps() -> None:
    seen: list[Step] = []
    report: Progress = seen.append
    report(Step("train", 1, 10, "accuracy 0.5"))
    assert seen == [Step(stage="train", done=1, total=10, note="accuracy 0.5")]


def test_silence_takes_any_step() -> None:
    silent(Step("features", 0, 0))

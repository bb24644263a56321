from __future__ import annotations

import pytest

from tinsmith.core.shapes import FeatureShape

torch = pytest.importorskip("torch", reason="the learn extra is not installed")


def test_spectrograms_are_masked_in_stretches_and_change_every_time() -> None:
    from tinsmith.learning.augmentation import augment

    shape = FeatureShape("spectrogram", (40, 20))
    batch = torch.rand(16, 800, generator=torch.Generator().manual_seed(0)) + 1
    generator = torch.Generator().manual_seed(1)
    first = augment(batch, shape, "high", generator)
    assert first.shape == batch.shape
    assert not torch.equal(first, augment(batch, shape, "high", generator))
    again = augment(batch, shape, "high", torch.Generator().manual_seed(1))
    assert torch.equal(first, again)


def test_a_mask_covers_at_most_its_share() -> None:
    from tinsmith.learning.augmentation import _mask

    values = torch.rand(64, 40, 20, generator=torch.Generator().manual_seed(0))
    masked = _mask(values, 1, 0.25, torch.Generator().manual_seed(2))
    hidden = (masked != values).all(dim=2).sum(dim=1)
    assert hidden.max() <= 10
    assert hidden.min() == 0
    mean = values.mean(dim=(1, 2), keepdim=True).expand_as(values)
    assert torch.equal(masked[masked != values], mean[masked != values])


def test_a_shift_repeats_the_edge() -> None:
    from tinsmith.learning.augmentation import _shift

    values = torch.arange(10.0).reshape(1, 10, 1).expand(50, 10, 1)
    moved = _shift(values, 1, 0.3, torch.Generator().manual_seed(0))[..., 0]
    steps = moved.diff(dim=1)
    assert set(steps.flatten().tolist()) == {0.0, 1.0}
    assert {row[5].item() for row in moved} == {2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0}


def test_none_changes_nothing() -> None:
    from tinsmith.learning.augmentation import augment

    batch = torch.rand(3, 6)
    changed = augment(batch, FeatureShape("flat", (6,)), "none", torch.Generator())
    assert torch.equal(changed, batch)

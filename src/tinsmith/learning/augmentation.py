"""Small random changes of a training batch, by kind of features. Import only where torch is wanted.

Spectrograms: stretches of time and of frequency are masked (Park et al., SpecAugment, 2019) and
shifted in time, with noise. Series: shifted, scaled, with noise. Images: mirrored, shifted,
brighter or darker. Flat: noise only, since nothing is known about their order.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from tinsmith.core.shapes import FeatureShape


@dataclass(frozen=True)
class Strength:
    """How much changes: shares of the size of an axis, and of the standard deviation for noise."""

    mask: float
    shift: float
    noise: float
    scale: float


STRENGTHS = {
    "low": Strength(mask=0.12, shift=0.08, noise=0.05, scale=0.1),
    "high": Strength(mask=0.25, shift=0.16, noise=0.15, scale=0.2),
}


def augment(batch: Tensor, shape: FeatureShape, strength: str, generator: Generator) -> Tensor:
    """A changed copy of a batch [n, width]; `generator` is a CPU generator."""
    if strength == "none":
        return batch
    amount = STRENGTHS[strength]
    values = batch.reshape(len(batch), *shape.dims)
    match shape.kind:
        case "spectrogram":
            values = _shift(values, 1, amount.shift, generator)
            values = _mask(values, 1, amount.mask, generator)
            values = _mask(values, 2, amount.mask, generator)
        case "series":
            values = _shift(values, 1, amount.shift, generator)
            values = values * (1 + amount.scale * _normal((len(values), 1, 1), generator, values))
        case "image":
            values = _mirror(values, generator)
            values = _shift(_shift(values, 1, amount.shift, generator), 2, amount.shift, generator)
            values = values + amount.scale * _normal((len(values), 1, 1, 1), generator, values)
        case "flat":
            pass
    noise = amount.noise * values.std() * _normal(tuple(values.shape), generator, values)
    return (values + noise).reshape(batch.shape)


def _shift(values: Tensor, axis: int, share: float, generator: Generator) -> Tensor:
    """Each window moved by up to `share` of the axis; the edge value fills the gap."""
    size = values.shape[axis]
    most = int(share * size)
    if most < 1:
        return values
    offsets = torch.randint(-most, most + 1, (len(values),), generator=generator)
    places = (torch.arange(size)[None, :] + offsets[:, None]).clamp(0, size - 1).to(values.device)
    view = [len(values)] + [size if dim == axis else 1 for dim in range(1, values.dim())]
    return torch.gather(values, axis, places.reshape(view).expand_as(values))


def _mask(values: Tensor, axis: int, share: float, generator: Generator) -> Tensor:
    """One stretch of up to `share` of the axis, somewhere, becomes the window's mean."""
    size = values.shape[axis]
    most = int(share * size)
    if most < 1:
        return values
    count = len(values)
    lengths = torch.randint(0, most + 1, (count, 1), generator=generator)
    starts = (torch.rand((count, 1), generator=generator) * (size - lengths + 1)).long()
    places = torch.arange(size)[None, :]
    hidden = ((places >= starts) & (places < starts + lengths)).to(values.device)
    view = [count] + [size if dim == axis else 1 for dim in range(1, values.dim())]
    mean = values.mean(dim=tuple(range(1, values.dim())), keepdim=True)
    return torch.where(hidden.reshape(view), mean, values)


def _mirror(values: Tensor, generator: Generator) -> Tensor:
    flips = (torch.rand(len(values), generator=generator) < 0.5).to(values.device)
    return torch.where(flips.reshape(-1, 1, 1, 1), values.flip(2), values)


def _normal(shape: tuple[int, ...], generator: Generator, like: Tensor) -> Tensor:
    return torch.randn(shape, generator=generator).to(like)

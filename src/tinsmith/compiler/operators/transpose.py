"""TRANSPOSE, SPACE_TO_DEPTH, DEPTH_TO_SPACE and BROADCAST_TO: axes in another order."""

from __future__ import annotations

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import Operation
from tinsmith.compiler.operators.copying import Copy, copying, dense, require_unchanged, steps_of


def _permutation(operation: Operation) -> tuple[int, ...]:
    rank = len(operation.input().shape)
    values = [int(value) for value in operation.constant(1, "permutation").ravel()]
    axes = tuple(value + rank if value < 0 else value for value in values)
    if sorted(axes) != list(range(rank)):
        raise operation.reject(f"has permutation {values} for an input with {rank} axes")
    return axes


def _transposed_shape(operation: Operation) -> Shape:
    require_unchanged(operation, operation.input(), operation.output)
    return tuple(operation.input().shape[axis] for axis in _permutation(operation))


def _transposed(operation: Operation) -> list[Copy]:
    steps = steps_of(operation.input().shape)
    sources = [steps[axis] for axis in _permutation(operation)]
    return [dense(operation.output.shape, sources)]


def _blocks(operation: Operation, image: Shape) -> int:
    block = operation.number("block_size")
    if len(image) != 4:
        raise operation.reject(f"has an input with {len(image)} axes; expected 4")
    if block < 1:
        raise operation.reject(f"has block size {block}; expected at least 1")
    return block


def _deep_shape(operation: Operation) -> Shape:
    image = operation.input().shape
    require_unchanged(operation, operation.input(), operation.output)
    block = _blocks(operation, image)
    batch, height, width, channels = image
    if height % block or width % block:
        raise operation.reject(f"cuts {height} x {width} into blocks of {block} x {block}")
    return batch, height // block, width // block, channels * block * block


def _space_to_depth(operation: Operation) -> list[Copy]:
    _, _, width, channels = operation.input().shape
    batch, down, across, _ = operation.output.shape
    block, line = operation.number("block_size"), width * channels
    sizes = (batch * down, across, block, block * channels)
    return [dense(sizes, (block * line, block * channels, line, 1))]


def _wide_shape(operation: Operation) -> Shape:
    image = operation.input().shape
    require_unchanged(operation, operation.input(), operation.output)
    block = _blocks(operation, image)
    batch, height, width, channels = image
    if channels % (block * block):
        raise operation.reject(f"spreads {channels} channels over blocks of {block} x {block}")
    return batch, height * block, width * block, channels // (block * block)


def _depth_to_space(operation: Operation) -> list[Copy]:
    batch, height, width, depth = operation.input().shape
    block, channels = operation.number("block_size"), operation.output.shape[3]
    sizes = (batch * height, block, width, block * channels)
    return [dense(sizes, (width * depth, block * channels, depth, 1))]


def _broadcast_shape(operation: Operation) -> Shape:
    source = operation.input()
    require_unchanged(operation, source, operation.output)
    wanted = tuple(int(size) for size in operation.constant(1, "shape").ravel())
    aligned = (1,) * (len(wanted) - len(source.shape)) + source.shape
    pairs = list(zip(aligned, wanted, strict=False))
    if len(aligned) != len(wanted) or any(n not in (1, size) for n, size in pairs):
        raise operation.reject(f"spreads shape {list(source.shape)} to {list(wanted)}")
    return wanted


def _broadcast(operation: Operation) -> list[Copy]:
    source, target = operation.input().shape, operation.output.shape
    aligned = (1,) * (len(target) - len(source)) + source
    sources = [
        0 if size == 1 else step for size, step in zip(aligned, steps_of(aligned), strict=True)
    ]
    return [dense(target, sources)]


OPERATORS = (
    copying("TRANSPOSE", _transposed_shape, _transposed, ("int32", "bool")),
    copying("SPACE_TO_DEPTH", _deep_shape, _space_to_depth, ("int16", "int32", "bool")),
    copying("DEPTH_TO_SPACE", _wide_shape, _depth_to_space, ("int16", "int32", "bool")),
    copying("BROADCAST_TO", _broadcast_shape, _broadcast),
)

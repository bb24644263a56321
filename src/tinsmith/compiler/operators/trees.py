"""TreeEnsembleClassifier: gradient-boosted trees and random forests as a custom operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import Lowering, Operation, Operator, simple_lowering
from tinsmith.compiler.read.flexbuffer import Option, read_flexbuffer
from tinsmith.core.cvalue import Array, Struct

# Words that options may have: types of their vectors, and the one comparison.
_WORDS = ("uint16", "float32", "uint8", "leq", "BRANCH_LEQ")
_MAX_NODES = 1 << 16
_MAX_DEPTH = 1 << 9


@dataclass(frozen=True)
class _Forest:
    """Nodes below `len(thresholds)` split; the others are leaves, in order."""

    roots: npt.NDArray[np.int64]
    features: npt.NDArray[np.int64]
    thresholds: npt.NDArray[np.float32]
    true_nodes: npt.NDArray[np.int64]
    false_nodes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]


def _forest(operation: Operation) -> _Forest:
    raw = operation.node.attributes["custom_options"]
    options = read_flexbuffer(bytes(raw) if isinstance(raw, tuple) else b"")
    for name, value in options.items():
        if isinstance(value, str) and value not in _WORDS:
            raise operation.reject(f"has {name} {value!r}; supported: {', '.join(_WORDS)}")
    splits, leaves = (
        _count(operation, options, f"num_{kind}_nodes") for kind in ("internal", "leaf")
    )
    trees = _count(operation, options, "num_trees")
    forest = _Forest(
        roots=_indices(operation, options, "tree_root_ids", trees),
        features=_indices(operation, options, "nodes_featureids", splits),
        thresholds=_reals(operation, options, "nodes_values", splits),
        true_nodes=_indices(operation, options, "nodes_truenodeids", splits),
        false_nodes=_indices(operation, options, "nodes_falsenodeids", splits),
        weights=_reals(operation, options, "nodes_weights", leaves),
        classes=_indices(operation, options, "nodes_classids", leaves),
    )
    for what, values, limit in (
        ("root", forest.roots, splits + leaves),
        ("node", forest.true_nodes, splits + leaves),
        ("node", forest.false_nodes, splits + leaves),
        ("feature", forest.features, operation.input().shape[-1]),
        ("class", forest.classes, operation.output.shape[-1]),
    ):
        if len(values) and not 0 <= int(values.min()) <= int(values.max()) < limit:
            raise operation.reject(f"names {what} {int(values.max())}; there are {limit}")
    if _has_cycle(forest):
        raise operation.reject(
            f"has a tree that leads back to itself, or is deeper than {_MAX_DEPTH}"
        )
    return forest


def _count(operation: Operation, options: dict[str, Option], name: str) -> int:
    value = options.get(name)
    if not isinstance(value, int) or not 0 <= value < _MAX_NODES:
        raise operation.reject(f"has {name} {value!r}; expected a number below {_MAX_NODES}")
    return value


def _vector(
    operation: Operation, options: dict[str, Option], name: str, count: int
) -> tuple[Any, ...]:
    value = options.get(name)
    if not isinstance(value, tuple) or len(value) != count:
        found = f"{len(value)} values" if isinstance(value, tuple) else "no vector"
        raise operation.reject(f"has {found} of {name}; expected {count}")
    return value


def _indices(
    operation: Operation, options: dict[str, Option], name: str, count: int
) -> npt.NDArray[np.int64]:
    values = _vector(operation, options, name, count)
    if not all(isinstance(value, int) and 0 <= value < _MAX_NODES for value in values):
        raise operation.reject(f"has {name} outside 0 to {_MAX_NODES - 1}")
    return np.array(values, np.int64)


def _reals(
    operation: Operation, options: dict[str, Option], name: str, count: int
) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        values = np.array(_vector(operation, options, name, count), np.float64).astype(np.float32)
    if not np.isfinite(values).all():
        raise operation.reject(f"has {name} that are not finite")
    return values


def _has_cycle(forest: _Forest) -> bool:
    """Takes away nodes whose children are all gone, round after round; a cycle stays, or a tree
    that is too deep."""
    splits = len(forest.thresholds)
    open_nodes = np.arange(splits + len(forest.weights)) < splits
    for _ in range(_MAX_DEPTH):
        left = open_nodes[:splits]
        stays = left & (open_nodes[forest.true_nodes] | open_nodes[forest.false_nodes])
        if (stays == left).all():
            break
        open_nodes[:splits] = stays
    return bool(open_nodes[:splits].any())


def _shape(operation: Operation) -> Shape:
    source, target = operation.input(), operation.output
    operation.require_types(source, target, types=("float32",))
    if len(source.shape) != 2 or len(target.shape) != 2 or source.shape[0] != target.shape[0]:
        raise operation.reject(
            f"makes {list(target.shape)} from {list(source.shape)}; expected [rows, classes] from "
            "[rows, features]"
        )
    _forest(operation)
    return target.shape


def _lower(operation: Operation) -> Lowering:
    forest = _forest(operation)
    source, target = operation.input(), operation.output
    fields = (
        ("rows", source.shape[0]),
        ("num_features", source.shape[1]),
        ("num_classes", target.shape[1]),
        ("num_trees", len(forest.roots)),
        ("num_splits", len(forest.thresholds)),
        ("roots", Array(forest.roots.astype(np.uint16))),
        ("features", Array(forest.features.astype(np.uint16))),
        ("thresholds", Array.f32(forest.thresholds)),
        ("true_nodes", Array(forest.true_nodes.astype(np.uint16))),
        ("false_nodes", Array(forest.false_nodes.astype(np.uint16))),
        ("weights", Array.f32(forest.weights)),
        ("classes", Array(forest.classes.astype(np.uint16))),
    )
    return simple_lowering(operation, "trees", "tin_trees_run", Struct("tin_trees", fields))


OPERATORS = (
    Operator(
        "TreeEnsembleClassifier",
        "trees",
        _shape,
        _lower,
        types=("float32",),
        defined_here=("float32",),
    ),
)

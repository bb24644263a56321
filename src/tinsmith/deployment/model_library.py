"""A compiled model without an impulse around it, as a folder that builds by itself.

NAME.c NAME.h    the network
plan.json        layers, memory over time, costs
plan.svg         the memory plan as a picture
include/ src/    the part of the C core it calls
example.c Makefile README.md LICENSE
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from tinsmith import __version__
from tinsmith.compiler import CompiledModel, Port
from tinsmith.compiler.emit.model import C_TYPES
from tinsmith.compiler.operators.base import INTEGER_LIMITS
from tinsmith.deployment.includes import needed_headers, runtime_files
from tinsmith.deployment.memory_map import memory_map
from tinsmith.deployment.rendering import TEMPLATES, render
from tinsmith.toolchain import Target

PLAN_NAME = "plan.json"


def model_library(
    compiled: CompiledModel, name: str, target: Target, plan: Mapping[str, Any]
) -> dict[str, bytes]:
    """All files by path; the same arguments give the same bytes.

    Args:
        name: The name the model was compiled under.
        target: Whose kernels it calls; the files compile for every machine.
        plan: Content of `plan.json`.
    """
    files = _sources(compiled, name)
    values = {
        "name": name,
        "version": __version__,
        "target": target,
        "sources": sorted(path for path in files if path.endswith((".c", ".S"))),
        "arena_bytes": compiled.arena_bytes,
        "weights_bytes": compiled.weights_bytes,
        "inputs": [_port(port) for port in compiled.inputs],
        "outputs": [_port(port) for port in compiled.outputs],
        "c_types": C_TYPES,
    }
    documents = {
        path: render("model_library", f"{path}.j2", values)
        for path in ("example.c", "Makefile", "README.md")
    }
    return {
        **files,
        **documents,
        "plan.svg": memory_map(compiled.plan, f"Memory of {name}").encode(),
        PLAN_NAME: (json.dumps(plan, indent=1) + "\n").encode(),
        "LICENSE": (TEMPLATES / "LICENSE").read_bytes(),
    }


def _sources(compiled: CompiledModel, name: str) -> dict[str, bytes]:
    generated = {
        f"{name}.c": compiled.source.encode(),
        f"{name}.h": compiled.header.encode(),
    }
    available = runtime_files() | generated
    roots = [*generated, *(f"src/{path}" for path in compiled.core_sources)]
    headers = needed_headers(roots, available, ("include", "."))
    return {path: available[path] for path in sorted({*roots, *headers})}


def _port(port: Port) -> dict[str, Any]:
    return {
        "name": port.name,
        "shape": " × ".join(map(str, port.shape)) or "1",
        "count": math.prod(port.shape),
        "dtype": port.dtype,
        "meaning": _meaning(port),
    }


def _meaning(port: Port) -> str:
    """How integers of a port map to values; empty for other types."""
    if port.dtype not in INTEGER_LIMITS:
        return ""
    sign = "−" if port.zero_point >= 0 else "+"
    return f"value = {port.scale:.9g} × (q {sign} {abs(port.zero_point)})"

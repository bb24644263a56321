"""What Tinsmith builds for: one data file a target."""

from __future__ import annotations

import functools
import platform
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from tinsmith.core.errors import DesignError, InternalError, UnsupportedError

Family = Literal["host", "linux", "wasm", "cortex-m", "riscv", "aarch64"]

_FOLDER = Path(__file__).parent / "targets"
_FIELDS = {
    "title": str,
    "family": str,
    "triple": str,
    "cpu": str,
    "flags": list,
    "emulator": str,
    "origins": list,
    "has_fpu": bool,
    "backend": str,
}
_HOST_BACKENDS = {"x86_64": "x86_avx2", "aarch64": "aarch64_neon"}
_OPTIONAL = ("cpu", "emulator", "origins")


@dataclass(frozen=True)
class Target:
    """A kind of machine the C core is compiled for.

    Args:
        name: How designs and commands name it.
        title: Name for screens.
        family: Decides what a build is: a shared library, a module or a firmware image.
        triple: Compiler target.
        cpu: Compiler CPU with its features; None: the triple's baseline.
        flags: Further compiler flags.
        emulator: For Cortex-M: CPU model of the emulator, or `qemu:` and a board.
        origins: For Cortex-M: where flash and RAM start, if not at the usual places.
        has_fpu: Whether float arithmetic is done in hardware.
        backend: Whose neural kernels its builds call.
    """

    name: str
    title: str
    family: Family
    triple: str
    cpu: str | None
    flags: tuple[str, ...]
    emulator: str | None
    origins: tuple[int, int] | None
    has_fpu: bool
    backend: str

    @property
    def is_firmware(self) -> bool:
        """Builds run without an operating system, and their costs are counted."""
        return self.family in ("cortex-m", "riscv", "aarch64")


@functools.cache
def targets() -> dict[str, Target]:
    """All targets by name, in the order of their names."""
    return {path.stem: _load(path) for path in sorted(_FOLDER.glob("*.toml"))}


def target(name: str) -> Target:
    """The target called `name`.

    Raises:
        DesignError: There is no such target.
    """
    known = targets()
    if name not in known:
        raise DesignError(
            f"unknown target {name!r}; expected one of {', '.join(known)}",
            hint="choose one of the listed targets",
        )
    return known[name]


def _load(path: Path) -> Target:
    fields = parse(path.stem, path.read_text(encoding="utf-8"))
    if fields["triple"] == "native":
        fields["triple"] = host_triple()
        fields["backend"] = _HOST_BACKENDS.get(platform.machine(), "generic")
    return Target(**fields)


def parse(name: str, text: str) -> dict[str, Any]:
    """The fields of a target file, checked.

    Raises:
        InternalError: The file is not what a target file must be; these files ship with Tinsmith.
    """
    table = tomllib.loads(text)
    for key, value in table.items():
        if key not in _FIELDS:
            raise InternalError(f"target {name}: unknown field {key!r}")
        if not isinstance(value, _FIELDS[key]):
            raise InternalError(
                f"target {name}: {key} is {value!r}; expected {_FIELDS[key].__name__}"
            )
    missing = [key for key in _FIELDS if key not in table and key not in _OPTIONAL]
    if missing:
        raise InternalError(f"target {name}: missing {', '.join(missing)}")
    if table["family"] not in get_args(Family):
        raise InternalError(f"target {name}: unknown family {table['family']!r}")
    optional = {key: table.get(key) for key in _OPTIONAL}
    if optional["origins"] is not None:
        optional["origins"] = tuple(optional["origins"])
    return {**table, **optional, "name": name, "flags": tuple(table["flags"])}


def host_triple() -> str:
    """Compiler target of a freestanding library for this machine.

    Raises:
        UnsupportedError: Tinsmith does not build for this operating system.
    """
    if not sys.platform.startswith("linux"):
        raise UnsupportedError(
            f"host builds need Linux; this is {sys.platform}", hint="use Linux, WSL or a container"
        )
    return f"{platform.machine()}-linux-none"

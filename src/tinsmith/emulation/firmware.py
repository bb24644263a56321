"""A Cortex-M build as the emulator needs it: its image, its functions, its sizes."""

from __future__ import annotations

from dataclasses import dataclass

from tinsmith.core.errors import BuildError, VerificationError
from tinsmith.emulation.report import ENTRY
from tinsmith.toolchain import Build, Target
from tinsmith.toolchain.elf import Elf, read_elf


@dataclass(frozen=True)
class Firmware:
    """What lies in flash, and where things start."""

    target: Target
    elf: Elf
    base: int
    image: bytes
    entry: int
    idle: int
    markers: tuple[tuple[str, int], ...]

    @property
    def flash_bytes(self) -> int:
        """Vectors, code, constants and initial values of data."""
        return sum(part.size for part in self.elf.sections if part.is_loaded and part.has_content)

    @property
    def data_bytes(self) -> int:
        """Variables: .data and .bss."""
        return sum(part.size for part in self.elf.sections if part.is_loaded and part.is_writable)


def read_firmware(build: Build, markers: tuple[str, ...]) -> Firmware:
    """Reads a firmware image.

    Raises:
        VerificationError: It does not hold the entry or the start-up code.
        BuildError: It is damaged, or a marker is not in it.
    """
    elf = read_elf(build.path)
    if not elf.segments:
        raise VerificationError("the firmware is empty", path=build.path)
    try:
        entry, idle = (elf.symbol(name).address for name in (ENTRY, "tin_idle"))
    except BuildError as error:
        raise VerificationError(
            f"the firmware cannot be run: {error.message}",
            hint=f"build it with {ENTRY} among its exports",
            path=build.path,
        ) from error
    base, image = _image(elf)
    places = tuple((name, elf.symbol(name).address) for name in markers)
    return Firmware(build.target, elf, base, image, entry, idle, places)


def _image(elf: Elf) -> tuple[int, bytes]:
    base = min(segment.load_address for segment in elf.segments)
    end = max(segment.load_address + len(segment.data) for segment in elf.segments)
    image = bytearray(end - base + (end - base) % 2)
    for segment in elf.segments:
        start = segment.load_address - base
        image[start : start + len(segment.data)] = segment.data
    return base, bytes(image)

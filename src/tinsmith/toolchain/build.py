"""Builds of the C core, cached by content."""

from __future__ import annotations

import functools
import platform
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tinsmith.core.errors import BuildError, InternalError
from tinsmith.core.hashing import digest, hash_bytes
from tinsmith.core.paths import cache_dir, runtime_dir, write_atomic
from tinsmith.toolchain import zig
from tinsmith.toolchain.elf import read_elf
from tinsmith.toolchain.target import Target

# The same bits on every machine: no contraction, no library calls put in place of ours.
COMMON_FLAGS = (
    "-std=c99",
    "-ffreestanding",
    "-fno-builtin",
    "-fno-math-errno",
    "-ffp-contract=off",
    "-fno-sanitize=undefined",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
)
_SUFFIX = {
    "host": ".so",
    "linux": ".so",
    "wasm": ".wasm",
    "cortex-m": ".elf",
    "riscv": ".elf",
    "aarch64": ".elf",
}
_COMPILED = (".c", ".S")
_INCLUDED = (".h", ".inc", ".def")


@dataclass(frozen=True)
class Generated:
    """A source or header made by a program; `name` may contain folders (`model/model.c`)."""

    name: str
    text: str


Source = Path | Generated


@dataclass(frozen=True)
class BuildRequest:
    """What to build.

    Args:
        target: What to build for.
        sources: Files ending in .c and .S are compiled; generated headers are on the include path.
        include_dirs: Further folders of headers; the core's own is always there.
        defines: `NAME` or `NAME=value`.
        exports: Symbols that must be there and survive the linker's removal of unused code.
        optimise: Optimisation flag.
    """

    target: Target
    sources: tuple[Source, ...]
    include_dirs: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    optimise: str = "-O2"


@dataclass(frozen=True)
class Build:
    """A built library, module or firmware image. `key` names its content's cause, for caches."""

    path: Path
    target: Target
    key: str


def build(request: BuildRequest) -> Build:
    """Builds `request`, or takes the build of the same content from the cache.

    Several processes may build the same thing at once; each sees only whole files.

    Raises:
        BuildError: The compiler refused, a wanted symbol does not exist, or the cache folder cannot
            be written.
    """
    request = _resolved(request)
    key = _key(request)
    folder = cache_dir() / "builds" / key
    suffix = _SUFFIX[request.target.family]
    try:
        path = _cached(folder, suffix) or _store(folder, suffix, _compile(request, key))
    except OSError as error:
        raise BuildError(
            f"the build cache cannot be used: {error.strerror}",
            hint="set TINSMITH_CACHE_DIR to a folder you may write to",
            path=cache_dir(),
        ) from error
    return Build(path, request.target, key)


def is_built(request: BuildRequest) -> bool:
    """Whether `build` would only take the build from the cache.

    Raises:
        BuildError: A source does not exist, or there is nothing to compile.
    """
    request = _resolved(request)
    folder = cache_dir() / "builds" / _key(request)
    return _cached(folder, _SUFFIX[request.target.family]) is not None


def _cached(folder: Path, suffix: str) -> Path | None:
    # A file is named by its own hash, so a damaged one is noticed and made again.
    if not folder.is_dir():
        return None
    for path in sorted(folder.glob(f"[0-9a-f]*{suffix}")):
        if _content_name(path.read_bytes()) == path.stem:
            return path
        path.unlink(missing_ok=True)
    return None


def _store(folder: Path, suffix: str, data: bytes) -> Path:
    path = folder / f"{_content_name(data)}{suffix}"
    write_atomic(path, data)
    return path


def _content_name(data: bytes) -> str:
    return hash_bytes(data)[:16]


def _resolved(request: BuildRequest) -> BuildRequest:
    sources: list[Source] = []
    for source in request.sources:
        if isinstance(source, Generated):
            _check_name(source.name)
            sources.append(source)
            continue
        if not source.is_file():
            raise BuildError("a source file does not exist", path=source)
        sources.append(source.resolve())
    if not any(_is_compiled(source) for source in sources):
        raise BuildError(f"nothing to compile: none of {len(sources)} sources ends in .c or .S")
    include_dirs = tuple(folder.resolve() for folder in request.include_dirs)
    return BuildRequest(
        request.target,
        tuple(sources),
        include_dirs,
        request.defines,
        request.exports,
        request.optimise,
    )


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise InternalError(f"generated file {name!r} lies outside the build folder")


def _is_compiled(source: Source) -> bool:
    return source.name.endswith(_COMPILED)


def _key(request: BuildRequest) -> str:
    # By name and content, not by place: the same checkout elsewhere gives the same key.
    contents = [
        (source.name, source.text)
        if isinstance(source, Generated)
        else (source.name, source.read_bytes())
        for source in (*request.sources, *_support_sources(request.target))
    ]
    headers = [(path.name, path.read_bytes()) for path in sorted(_headers(request))]
    cpu = _host_cpu() if request.target.cpu == "native" else ""
    parts = (request.target, request.defines, request.exports, request.optimise)
    return digest("build 2", zig.version(), COMMON_FLAGS, cpu, parts, contents, headers)[:32]


def _headers(request: BuildRequest) -> set[Path]:
    # Headers beside a source may be included by it too.
    beside = {source.parent for source in request.sources if isinstance(source, Path)}
    found: set[Path] = set()
    for folder in (runtime_dir() / "include", *request.include_dirs):
        found.update(_included(folder.rglob("*")))
    for folder in beside:
        found.update(_included(folder.glob("*")))
    return found


def _included(paths: Iterator[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix in _INCLUDED)


@functools.cache
def _host_cpu() -> str:
    # A build tuned to one CPU may not run on another that shares the cache folder.
    info = Path("/proc/cpuinfo")
    if not info.is_file():
        return f"{platform.machine()} {platform.processor()}"
    wanted = ("model name", "flags", "Features", "CPU part")
    lines = info.read_text(errors="replace").split("\n\n", 1)[0].splitlines()
    return "\n".join(line for line in lines if line.startswith(wanted))


def _support_sources(target: Target) -> tuple[Path, ...]:
    """Sources every build of a family has, and the linker script where there is one."""
    port = runtime_dir() / "src" / "port"
    if target.is_firmware:
        folder = port / target.family.replace("-", "_")
        return (folder / "tin_startup.c", port / "tin_firmware.ld")
    if target.family == "wasm":
        return (port / "tin_memory.c",)
    return (port / "tin_memory.c", port / "tin_host.c")


def _compile(request: BuildRequest, key: str) -> bytes:
    builds = cache_dir() / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".build-", dir=builds))
    # What is made here lies in a folder of the build's own name, not beside the output: of two
    # compilers that start on one source at once, the second takes the first one's object when its
    # headers have the same names, even in another folder, and never looks into them.
    made = folder / key
    try:
        made.mkdir()
        for source in request.sources:
            if isinstance(source, Generated):
                path = made / source.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(source.text, encoding="utf-8")
        zig.compile_c(_arguments(request, made), cwd=folder)
        output = folder / "output"
        _check_exports(request, output)
        return output.read_bytes()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments(request: BuildRequest, made: Path) -> list[str]:
    sources = [
        f"{made.name}/{source.name}" if isinstance(source, Generated) else str(source)
        for source in request.sources
        if _is_compiled(source)
    ]
    support = [path for path in _support_sources(request.target) if path.suffix == ".c"]
    includes = (made.name, runtime_dir() / "include", *request.include_dirs)
    return [
        # First, so that a target's flags can ask for what -nostdlib leaves out.
        *_link_flags(request, made),
        *compiler_flags(request.target, request.optimise),
        *(f"-I{include}" for include in includes),
        *(f"-D{define}" for define in request.defines),
        *sources,
        *map(str, support),
        "-o",
        "output",
    ]


def compiler_flags(target: Target, optimise: str = "-O2") -> list[str]:
    """Flags that compile one C file of the core for `target`."""
    cpu = [f"-mcpu={target.cpu}"] if target.cpu else []
    # The compiler ties symbols, which measuring firmware needs, to debug information; the linker
    # script drops the latter. Elsewhere it would only carry folder names into the build.
    debug = "-g" if target.is_firmware else "-g0"
    return ["-target", _freestanding(target), *cpu, *COMMON_FLAGS, debug, optimise, *target.flags]


def _freestanding(target: Target) -> str:
    if target.family != "linux":
        return target.triple
    machine, system, abi = target.triple.split("-", 2)
    return f"{machine}-{system}-{abi.removeprefix('musl') or 'none'}"


def _link_flags(request: BuildRequest, made: Path) -> list[str]:
    family = request.target.family
    if family == "wasm":
        exports = [f"-Wl,--export={name}" for name in request.exports]
        return ["-nostdlib", "-Wl,--no-entry", "-Wl,--gc-sections", *exports]
    if request.target.is_firmware:
        return _firmware_flags(request, made)
    # -z defs: a missing function is the compiler's error now, not the loader's later.
    return ["-nostdlib", "-fPIC", "-shared", "-Wl,-z,defs", "-Wl,--gc-sections"]


def _firmware_flags(request: BuildRequest, made: Path) -> list[str]:
    template = runtime_dir() / "src" / "port" / "tin_firmware.ld"
    roots = "".join(f"EXTERN({name})\n" for name in request.exports)
    script = made / "firmware.ld"
    places = zip(("tin_flash_origin", "tin_ram_origin"), request.target.origins or (), strict=False)
    memory = "".join(f"{name} = {origin:#x};\n" for name, origin in places)
    script.write_text(memory + roots + template.read_text(encoding="utf-8"), encoding="utf-8")
    # Without -nostdlib: the compiler's own arithmetic routines (soft floats, 64-bit division).
    return ["-T", f"{made.name}/{script.name}", "-Wl,-e,tin_reset", "-Wl,--gc-sections"]


def _check_exports(request: BuildRequest, output: Path) -> None:
    if request.target.family == "wasm":
        return  # its linker refuses an export that does not exist
    defined = {symbol.name for symbol in read_elf(output).symbols}
    missing = [name for name in request.exports if name not in defined]
    if missing:
        raise BuildError(
            f"no source defines {', '.join(missing)}",
            hint="add the source file that does, or correct the name",
        )

"""Fuzzes the reader and the compiler with damaged model files, guided by coverage.

    python tools/fuzz.py [--seconds 600] [--work FOLDER]   # looks for inputs that break it
    python tools/fuzz.py --work FOLDER --merge             # keeps the fewest that cover the same

Whatever the bytes are, compiling them gives C or an error a user can act on, in bounded time and
memory. Starts from small models of every operator and from the corpus, damages bytes, and tensors,
operators and options too (`damage.py`). The bytes also choose the backend and the memory mode. What
reaches new code is added to the work folder. Needs the package `atheris`, which is not installed
with the other development packages.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "compiler"), str(ROOT / "tools")]

with atheris.instrument_imports(include=["tinsmith.compiler"]):
    from tinsmith.compiler import compile_model
    from tinsmith.compiler.backends import BACKENDS
    from tinsmith.core.errors import InternalError, TinsmithError

from damage import damage  # noqa: E402

_TIMEOUT_S = 20
_MEMORY_MB = 2048
_MAX_BYTES = 8192
_MODES = [(backend, memory) for backend in BACKENDS for memory in ("balanced", "smallest")]
_SHARE_OF_BYTES = 8  # one change in so many is to bytes


def check(data: bytes) -> None:
    """C or a clear error; anything else is a finding."""
    backend, memory = _MODES[zlib.crc32(data) % len(_MODES)]
    try:
        compile_model(data, name="network", backend=backend, memory=memory)
    except InternalError:
        raise
    except TinsmithError:
        return


def model_files() -> list[bytes]:
    """Small models of every operator."""
    from operator_cases import FAMILIES, model_file

    from conftest import ModelMaker

    cases = [(family, name) for family, cases in FAMILIES.items() for name in cases]
    files = [model_file(family, name, ModelMaker) for family, name in cases]
    return [data for data in files if len(data) <= _MAX_BYTES]


def write_files(folder: Path, files: list[bytes]) -> None:
    """One file each, named by its position."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(files):
        (folder / f"model-{index}").write_bytes(data)


def main() -> None:
    """Runs until the time is over or something is found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, default=ROOT / "tests" / "compiler" / "corpus")
    parser.add_argument("--work", type=Path, help="folder for new inputs (default: a new one)")
    parser.add_argument("--merge", action="store_true", help="fill WORK/fewest and stop")
    parser.add_argument("--seed", type=int, default=0, help="0: a new one")
    options = parser.parse_args()
    work = options.work or Path(tempfile.mkdtemp(prefix="tinsmith-fuzz-"))
    files = model_files()
    write_files(work / "seeds", files)
    folders = [work / "found", options.corpus, work / "seeds"]
    if options.merge:
        folders.insert(0, work / "fewest")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        if seed % _SHARE_OF_BYTES == 0:
            return bytes(atheris.Mutate(data, max_size))
        changed = damage(data, seed, files)
        return changed if len(changed) <= max_size else data

    arguments = [
        sys.argv[0],
        *map(str, folders),
        f"-max_total_time={options.seconds}",
        f"-timeout={_TIMEOUT_S}",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-max_len={_MAX_BYTES}",
        f"-seed={options.seed}",
        f"-artifact_prefix={work}/",
        "-print_final_stats=1",
        *(["-merge=1"] if options.merge else []),
    ]
    atheris.Setup(arguments, check, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Where things live on this machine: the C sources, the cache folder, safe file writing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def runtime_dir() -> Path:
    """The folder with the C core (`include/`, `src/`): inside the wheel, or of the checkout."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "_runtime"
    return packaged if packaged.is_dir() else package.parent.parent / "runtime"


def cache_dir() -> Path:
    """The user's cache folder for builds: `TINSMITH_CACHE_DIR`, else the XDG cache folder."""
    if override := os.environ.get("TINSMITH_CACHE_DIR"):
        return Path(override)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tinsmith"


def config_dir() -> Path:
    """The user's folder for settings: `TINSMITH_CONFIG_DIR`, else the XDG config folder."""
    if override := os.environ.get("TINSMITH_CONFIG_DIR"):
        return Path(override)
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "tinsmith"


def write_atomic(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Writes `data` to `path` so that no reader ever sees a half-written file.

    Args:
        path: The file; its folder is made when absent.
        data: All of its content.
        mode: Who may read and write it, such as 0o600 for secrets; as usual here by default.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(usual_mode() if mode is None else mode)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def usual_mode() -> int:
    """The rights that new files have for this user."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask

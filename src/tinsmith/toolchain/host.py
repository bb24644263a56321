"""Loading a host build into this process, and calling it with the float rules every target has."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

from tinsmith.core.errors import BuildError
from tinsmith.toolchain.build import Build


def load(build: Build) -> ctypes.CDLL:
    """The build as a loaded library; calls through it release the interpreter's lock.

    Raises:
        BuildError: The build is not for this machine.
    """
    if build.target.family not in ("host", "linux"):
        raise BuildError(
            f"a build for {build.target.name} cannot be loaded here; expected one for host"
        )
    try:
        library = ctypes.CDLL(str(build.path))
    except OSError as error:
        raise BuildError(f"the build cannot be loaded: {error}", path=build.path) from error
    library.tin_host_float_begin.restype = ctypes.c_uint64
    library.tin_host_float_begin.argtypes = []
    library.tin_host_float_end.restype = None
    library.tin_host_float_end.argtypes = [ctypes.c_uint64]
    return library


@contextlib.contextmanager
def ieee_floats(library: ctypes.CDLL) -> Iterator[None]:
    """Full IEEE arithmetic in this thread: other libraries may have turned denormals off.

    With denormals flushed to zero the host would compute other bits than the device.
    """
    before = library.tin_host_float_begin()
    try:
        yield
    finally:
        library.tin_host_float_end(before)

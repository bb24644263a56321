"""Headers are found the way a C compiler finds them."""

from __future__ import annotations

import pytest

from tinsmith.core.errors import InternalError
from tinsmith.deployment.includes import needed_headers

FILES = {
    "src/dsp/a.c": b'#include <stdint.h>\n  # include "own.h"\n#include "tin/a.h"\n',
    "src/dsp/own.h": b'#include "tin/c.h"\n',
    "include/tin/a.h": b'#include "tin/b.h"\n',
    "include/tin/b.h": b'#include "tin/a.h"\n',
    "include/tin/c.h": b'// #include "tin/unused.h"\n',
    "include/tin/unused.h": b"",
    "include/own.h": b"",
}


def test_includes_are_followed_through_circles_and_own_folders() -> None:
    assert needed_headers(["src/dsp/a.c"], FILES, ("include",)) == (
        "include/tin/a.h",
        "include/tin/b.h",
        "include/tin/c.h",
        "src/dsp/own.h",
    )


def test_parent_folders_are_followed() -> None:
    files = {"src/nn/simd/a.c": b'#include "../b.h"\n', "src/nn/b.h": b""}
    assert needed_headers(["src/nn/simd/a.c"], files, ()) == ("src/nn/b.h",)


def test_a_missing_header_is_our_mistake() -> None:
    with pytest.raises(InternalError, match=r"x\.c includes 'gone\.h'"):
        needed_headers(["x.c"], {"x.c": b'#include "gone.h"\n'}, ("include",))

"""Archives nobody has to trust, and what becomes of what they leave."""

from __future__ import annotations

import io
import os
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # each runs jobs in processes of their own

Make = dict[str, Callable[..., bytes]]


def stored_nothing(imports: Any) -> bool:
    """Whether neither rows nor contents of recordings are there."""
    folder = imports.server.context.settings.data / "work"
    # A job's folder goes when its process has ended, moments after it says how it went.
    latest = time.monotonic() + 10
    while (left := files_below(folder)) and time.monotonic() < latest:
        time.sleep(0.05)
    return imports.samples() == [] and left == []


def files_below(folder: Path) -> list[str]:
    """Names of all files in a folder that may be on its way out."""
    return [name for _, _, names in os.walk(folder) for name in names]


def refused(imports: Any, name: str, data: bytes) -> dict[str, Any]:
    """The error of an import that fails as a whole."""
    job = imports.wait(imports.start({name: data}))
    assert job["state"] == "failed", job
    assert job["error"]["code"] in ("unusable", "unsupported")
    assert job["error"]["message"]
    assert stored_nothing(imports)
    error: dict[str, Any] = job["error"]
    return error


def test_a_name_that_leads_out_of_the_folder_refuses_the_archive(imports: Any, make: Make) -> None:
    data = make["zip"]({"good.wav": make["wav"](1), "../../evil.wav": make["wav"](2)})
    assert "leads out" in refused(imports, "data.zip", data)["message"]


def test_a_bomb_refuses_the_archive(imports: Any, make: Make) -> None:
    data = make["zip"]({"zeros.wav": bytes(300 * 1024 * 1024)})
    assert "times its size" in refused(imports, "bomb.zip", data)["message"]


def test_links_are_left_out_and_told(imports: Any, make: Make) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo("passwd.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        content = make["wav"](1)
        info = tarfile.TarInfo("good.wav")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    result = imports.run({"data.tar.gz": buffer.getvalue()})
    assert (result["added"], result["failed"]) == (1, 1)
    assert result["problems"][0]["path"] == "passwd.wav"


@pytest.mark.parametrize("keep", [20, 200])
def test_an_archive_that_is_cut_short_is_refused(imports: Any, make: Make, keep: int) -> None:
    data = make["zip"]({f"{n}.wav": make["wav"](n) for n in range(3)})
    refused(imports, "data.zip", data[:keep])


def test_a_file_that_only_says_it_is_an_archive_is_refused(imports: Any, make: Make) -> None:
    refused(imports, "data.zip", make["wav"](1))


def test_names_that_occur_twice_refuse_the_archive(imports: Any, make: Make) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.wav", make["wav"](1))
        archive.writestr("A.wav", make["wav"](2))
    assert "twice" in refused(imports, "data.zip", buffer.getvalue())["message"]


def test_zero_bytes_and_control_characters_in_names_refuse_the_archive(
    imports: Any, make: Make
) -> None:
    refused(imports, "data.zip", make["zip"]({"a\x07.wav": make["wav"](1)}))


def test_an_archive_without_recordings_is_refused(imports: Any, make: Make) -> None:
    assert (
        "no recordings"
        in refused(imports, "data.zip", make["zip"]({"README.md": b"hi"}))["message"]
    )


def test_a_damaged_index_refuses_the_archive(imports: Any, make: Make) -> None:
    data = make["zip"]({"info.labels": b"{", "a.wav": make["wav"](1)})
    refused(imports, "data.zip", data)


def test_an_import_that_is_cancelled_leaves_nothing(imports: Any, make: Make) -> None:
    data = make["zip"]({f"{n}.wav": make["wav"](n, 4000) for n in range(400)})
    number = imports.start({"data.zip": data})
    response = imports.server.client.post(imports.url(f"jobs/{number}/cancel"))
    assert response.status_code == 202
    assert imports.wait(number)["state"] == "cancelled"
    assert stored_nothing(imports)


@pytest.mark.slow
def test_thousands_of_tiny_files_come_in_and_go_together(imports: Any, make: Make) -> None:
    files = {
        f"{n % 5}/{n}.csv": f"timestamp,x\n0,{n}\n10,{n + 1}\n20,{n}\n".encode()
        for n in range(2_000)
    }
    number = imports.start({"data.zip": make["zip"](files)})
    result = imports.wait(number)["result"]
    assert (result["added"], result["failed"]) == (2_000, 0)
    assert sum(last - first + 1 for first, last in result["samples"]) == 2_000
    undone = imports.server.client.delete(imports.url(f"data-imports/{number}/samples"))
    assert undone.json() == {"removed": 2_000}
    assert imports.samples() == []

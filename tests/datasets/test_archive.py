"""Archives: what is in them comes out, what would harm is refused and leaves nothing behind."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError, TinsmithError, UnsupportedError
from tinsmith.datasets.archive import ArchiveLimits, clean_name, extract

FILES = {"data/up/a.csv": b"1,2\n" * 50, "data/down/b.bin": bytes(range(256)), "data/empty": b""}


def zip_of(files: dict[str, bytes], path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return path


def tar_of(files: dict[str, bytes], path: Path, form: int = tarfile.PAX_FORMAT) -> Path:
    mode = "w:gz" if path.suffix == ".gz" else "w"
    with tarfile.open(path, mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def make(kind: str, files: dict[str, bytes], folder: Path) -> Path:
    if kind == "zip":
        return zip_of(files, folder / "x.zip")
    return tar_of(files, folder / f"x.{kind}")


def refused(
    archive: Path, tmp_path: Path, message: str, limits: ArchiveLimits | None = None
) -> None:
    with pytest.raises(TinsmithError, match=message):
        extract(archive, tmp_path / "out", limits)
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == [archive.name]


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_everything_comes_out_as_it_went_in(tmp_path: Path, kind: str) -> None:
    found = extract(make(kind, FILES, tmp_path), tmp_path / "out")
    assert {member.name: member.path.read_bytes() for member in found.members} == FILES
    assert found.root == tmp_path / "out" / "data"
    assert found.problems == ()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_kind_of_tar_is_read(tmp_path: Path, form: int) -> None:
    files = {f"{'d' * 60}/{'n' * 80}.csv": b"x"}
    found = extract(tar_of(files, tmp_path / "x.tar", form), tmp_path / "out")
    assert [member.name for member in found.members] == list(files)


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["set/training/a.csv", "set/testing/b.csv"], "set"),
        (["training/up/a.csv"], ""),
        (["up/a.csv", "up/b.csv"], ""),
        (["set/info.labels", "set/a.csv"], "set"),
        (["a/b/up/1.csv", "a/b/down/1.csv"], "a/b"),
        (["a.csv"], ""),
    ],
)
def test_wrapping_folders_are_taken_off_but_labels_and_parts_stay(
    tmp_path: Path, names: list[str], root: str
) -> None:
    found = extract(zip_of(dict.fromkeys(names, b"1"), tmp_path / "x.zip"), tmp_path / "out")
    assert found.root == (tmp_path / "out" / root)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "C:\\x",
        "c:x",
        "..\\x",
        "a\x07b",
        "a\nb",
        "n" * 300,
        "d/" * 40 + "x",
    ],
)
def test_names_that_lead_elsewhere_or_are_odd_are_refused(
    tmp_path: Path, kind: str, name: str
) -> None:
    refused(make(kind, {"good": b"1", name: b"x"}, tmp_path), tmp_path, "the name")


def test_windows_separators_make_folders(tmp_path: Path) -> None:
    found = extract(zip_of({"up\\a.csv": b"1"}, tmp_path / "x.zip"), tmp_path / "out")
    assert found.members[0].name == "up/a.csv"


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("names", [("a", "A"), ("a", "./a"), ("a", "a/b"), ("a/b", "a")])
def test_names_that_collide_are_refused(tmp_path: Path, kind: str, names: tuple[str, str]) -> None:
    refused(make(kind, dict.fromkeys(names, b"1"), tmp_path), tmp_path, "occurs twice")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    refused(path, tmp_path, "'a' occurs twice")


def test_links_and_devices_are_left_out_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (("s", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("d", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("file"))
    found = extract(path, tmp_path / "out")
    assert [member.name for member in found.members] == ["file"]
    assert [problem.path for problem in found.problems] == ["s", "h", "d"]
    link = zipfile.ZipInfo("l")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr(link, "/etc/passwd")
        packed.writestr("file", b"1")
    found = extract(tmp_path / "x.zip", tmp_path / "out2")
    assert [member.name for member in found.members] == ["file"]
    assert not (tmp_path / "out2" / "l").exists()


def test_a_password_is_refused(tmp_path: Path) -> None:
    path = zip_of({"a": b"1"}, tmp_path / "x.zip", zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    refused(path, tmp_path, "needs a password")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_refused(tmp_path: Path, kind: str) -> None:
    path = make(kind, {"zeros": bytes(96 * 1024 * 1024)}, tmp_path)
    refused(path, tmp_path, "200 times its size")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_limits_on_count_and_size_hold(tmp_path: Path, kind: str) -> None:
    path = make(kind, {str(number): bytes(100) for number in range(10)}, tmp_path)
    refused(path, tmp_path, "more than 9 members", ArchiveLimits(max_members=9))
    refused(path, tmp_path, "more than 999 bytes", ArchiveLimits(max_bytes=999))
    refused(path, tmp_path, "has 100 bytes; the limit is 99", ArchiveLimits(max_member_bytes=99))
    assert len(extract(path, tmp_path / "out", ArchiveLimits(10, 1000, 100)).members) == 10


def test_a_header_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.pax_headers = {"comment": "x" * 3_000_000}
        archive.addfile(info)
    refused(path, tmp_path, "a header has more than")


def test_a_member_that_says_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = zip_of({"a": b"1" * 100}, tmp_path / "x.zip", zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\1\2")
    data[place + 24 : place + 28] = (50).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, tmp_path, "damaged|ends after|more than")


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_a_cut_archive_is_refused(tmp_path: Path, kind: str) -> None:
    path = make(kind, {"a": bytes(range(256)) * 40, "b": bytes(range(256)) * 40}, tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    refused(path, tmp_path, "damaged|ends after")


def test_other_files_are_no_archives(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"timestamp,x\n")
    with pytest.raises(UnsupportedError, match="is no archive"):
        extract(tmp_path / "x.zip", tmp_path / "out")


def test_only_an_empty_folder_is_filled(tmp_path: Path) -> None:
    path = zip_of({"a": b"1"}, tmp_path / "x.zip")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_bytes(b"1")
    with pytest.raises(DatasetError, match="is not empty"):
        extract(path, tmp_path / "out")
    assert [item.name for item in (tmp_path / "out").iterdir()] == ["mine"]


@given(st.text(max_size=30))
def test_a_clean_name_stays_inside(raw: str) -> None:
    try:
        name = clean_name(raw)
    except DatasetError:
        return
    place = Path("/base") / name
    assert ".." not in place.parts
    assert place.parts[:2] == ("/", "base")
    assert place != Path("/base")
    assert clean_name(name) == name


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@settings(max_examples=80, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 20_000),
)
def test_any_damage_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: str, edits: list[tuple[int, int]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    path = make(kind, FILES, folder)
    data = bytearray(path.read_bytes())
    for place, value in edits:
        data[place % len(data)] = value
    path.write_bytes(data[: max(1, len(data) - cut % 200)])
    try:
        extract(path, folder / "out")
    except TinsmithError:
        assert not (folder / "out").exists()


def test_real_hostile_archives_are_read_or_refused(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "malformed" / "archives").iterdir())
    assert len(files) > 40
    for number, path in enumerate(files):
        out = tmp_path / str(number)
        try:
            found = extract(path, out)
        except TinsmithError:
            assert not out.exists()
            continue
        assert all(member.path.is_relative_to(out) for member in found.members)


def test_a_real_archive_is_unpacked(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "electronic-components" / "electronic-components-bmp.zip"
    found = extract(path, tmp_path / "out")
    assert len(found.members) > 50
    assert found.problems == ()

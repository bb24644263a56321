"""What a file is: bytes against extension, and formats that are refused by name."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DecodeError, InputError, UnsupportedError
from tinsmith.signals import DecodeOptions, decode
from tinsmith.signals.detect import EXTENSIONS, KINDS, detect

CSV = b"timestamp,a\n0,1\n10,2\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_every_extension_names_a_format_with_a_kind() -> None:
    assert set(EXTENSIONS.values()) == set(KINDS)


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.txt", "a.tsv", "dir.x/a.csv", "a", ".csv"])
def test_tables_are_known_by_their_extension(name: str) -> None:
    assert detect(CSV, name).format == "csv"
    assert detect(CSV, name).warnings == ()


@pytest.mark.parametrize("name", ["idle.01", "a.wrong", "a.bin", "a.md"])
def test_unknown_extensions_are_refused_even_if_the_content_is_known(name: str) -> None:
    with pytest.raises(UnsupportedError, match="not read") as caught:
        detect(b"\xa3\x69protected\xa0", name)
    assert caught.value.hint == "rename it to .cbor"
    with pytest.raises(UnsupportedError) as caught:
        detect(CSV, name)
    assert "csv" in str(caught.value.hint)


def test_a_wrong_extension_of_the_same_kind_is_a_warning() -> None:
    assert detect(PNG, "a.jpg").format == "png"
    assert detect(PNG, "a.jpg").warnings == ("named .jpg, but its content is PNG",)
    assert detect(PNG, "a.png").warnings == ()
    assert detect(b"\xff\xd8\xff\xe0", "a.jpeg").warnings == ()


@pytest.mark.parametrize("name", ["a.csv", "a.wav", "a.json"])
def test_a_wrong_extension_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(DecodeError, match="its content is PNG") as caught:
        detect(PNG, name)
    assert caught.value.hint == "rename it to .png if that is what it is"


@pytest.mark.parametrize("name", ["a.png", "a.wav", "a.mp3", "a.bmp"])
def test_content_without_the_mark_of_its_format_is_refused(name: str) -> None:
    with pytest.raises(DecodeError, match="it begins with 74 69"):
        detect(CSV, name)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\0\0\0\x20ftypisom", "MP4"),
        (b"\0\0\0\x20ftypheic", "HEIC"),
        (b"\0\0\0\x20ftypM4A ", "M4A"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
        (b"PK\x03\x04\x14\0", "ZIP"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"FORM\0\0\0\x10AIFF", "AIFF"),
        (b"\x20\0\0\0TFL3", "TensorFlow Lite"),
        (b"\x93NUMPY\x01\0", "NumPy"),
    ],
)
def test_other_formats_are_refused_by_name_with_a_remedy(head: bytes, what: str) -> None:
    for name in ("a", "a.csv", "a.xyz"):
        with pytest.raises(UnsupportedError, match=what) as caught:
            detect(head + b"\0" * 20, name)
        assert caught.value.hint


def test_text_is_never_mistaken_for_a_binary_format() -> None:
    for text in (b"FORM,a\n1,2\n", b"PAR1,b\n1,2\n", b"BMI,b\n1,2\n", b"caffeine\n1\n"):
        assert detect(text, "a.csv").format == "csv"


def test_empty_and_oversized_files_are_refused_with_their_name() -> None:
    with pytest.raises(DecodeError, match="empty") as caught:
        decode(b"", "folder/a.wav")
    assert caught.value.path == "folder/a.wav"
    assert str(caught.value).startswith("folder/a.wav: ")
    with pytest.raises(UnsupportedError, match="limit is 10"):
        decode(CSV, "a.csv", DecodeOptions(max_bytes=10))


@given(st.binary(max_size=120), st.sampled_from([*sorted(EXTENSIONS), "xyz", ""]))
@settings(max_examples=500, deadline=None)
def test_any_bytes_under_any_name_end_in_content_or_an_input_error(
    raw: bytes, extension: str
) -> None:
    with contextlib.suppress(InputError):
        decode(raw, f"a.{extension}" if extension else "a")

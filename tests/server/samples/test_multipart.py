"""Forms are read alike whatever their parts are called and however they arrive."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinsmith.server.errors import ApiError, TooLargeError
from tinsmith.server.samples.multipart import FormReader, Part

TEXTS = st.text(st.characters(exclude_characters='"\\', exclude_categories=("C",)), max_size=20)


def read(form: bytes, *steps: int) -> list[Part]:
    """The parts of a form that arrives in pieces of these sizes, which repeat."""
    cuts, position = [0], 0
    for step in itertools.cycle(steps or (len(form) + 1,)):
        if position >= len(form):
            break
        position += step
        cuts.append(position)
    return read_pieces([form[a:b] for a, b in itertools.pairwise(cuts)])


def read_pieces(pieces: Sequence[bytes]) -> list[Part]:
    reader = FormReader("multipart/form-data; boundary=b", max_files=9, max_file_bytes=1 << 20)
    found = []
    for piece in pieces:
        found += reader.feed(memoryview(piece))
    reader.close()
    return found


@given(TEXTS, st.none() | TEXTS, st.binary(max_size=200), st.integers(1, 90))
def test_names_are_those_that_the_library_of_mail_reads(
    name: str, file_name: str | None, data: bytes, step: int
) -> None:
    disposition = f'form-data; name="{name}"'
    if file_name is not None:
        disposition += f'; filename="{file_name}"'
    message = Message()
    message["content-disposition"] = disposition
    body = data.replace(b"\r\n--b", b"")
    head = f"--b\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
    (part,) = read(head + body + b"\r\n--b--\r\n", step)
    assert part.name == message.get_param("name", header="content-disposition")
    assert part.file_name == message.get_filename()
    assert part.data == body


def test_unusual_dispositions_are_read_too() -> None:
    for text, name, file_name in (
        ("form-data; filename*=UTF-8''%C3%A9.wav; name=files", "files", "é.wav"),
        ('form-data; name="files"; filename="a\\"b.wav"', "files", 'a"b.wav'),
        ('FORM-DATA; name="files";filename=a.wav', "files", "a.wav"),
    ):
        form = f"--b\r\nContent-Disposition: {text}\r\n\r\nx\r\n--b--\r\n".encode()
        assert read(form, 7) == [Part(name, file_name, b"x")]


def by_mail(form: bytes) -> list[tuple[str, str | None, bytes]]:
    """The parts as the library of mail finds them."""
    head = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in message_from_bytes(head + form, policy=HTTP).get_payload()
    ]


HEADS = st.sampled_from(
    (
        'Content-Disposition: form-data; name="files"; filename="a.wav"',
        'content-disposition:form-data; name="label"',
        'Content-Type: audio/wav\r\nContent-Disposition: form-data; name="files"; filename="b c"',
        'Content-Disposition: form-data; name="files"; filename="d.wav"\r\nContent-Type: audio/wav',
        "X-Other: 1\r\nContent-Disposition: form-data;name=files;filename=e.wav\r\nX-More: a: b",
    )
)
# Much that looks like a boundary, and is none.
CONTENTS = st.lists(
    st.sampled_from((b"\r\n", b"\r", b"\n", b"--", b"-", b"b", b"\r\n--", b"\r\n-b", b"x"))
    | st.binary(max_size=9),
    max_size=12,
).map(lambda pieces: b"".join(pieces).replace(b"\r\n--b", b""))


@given(
    st.lists(st.tuples(HEADS, CONTENTS), min_size=1, max_size=5),
    st.lists(st.integers(1, 40), min_size=1, max_size=9),
    st.sampled_from((b"", b"\r\n")),
    st.sampled_from((b"", b" \t")),
    st.sampled_from((b"", b"\r\n", b"\r\nwhatever comes after")),
)
def test_parts_are_those_that_were_sent(
    parts: list[tuple[str, bytes]], steps: list[int], before: bytes, padding: bytes, after: bytes
) -> None:
    line = b"--b" + padding
    form = before + b"".join(
        line + b"\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in parts
    )
    form += b"--b--" + after
    found = read(form, *steps)
    assert [part.data for part in found] == [data for _, data in parts]
    names = [(part.name, part.file_name) for part in found]
    # That library has its own mind about content that is mostly line ends.
    heads = b"".join(line + b"\r\n" + h.encode() + b"\r\n\r\nx\r\n" for h, _ in parts)
    assert names == [item[:2] for item in by_mail(heads + b"--b--\r\n")]


@given(st.binary(max_size=60), st.lists(st.integers(1, 9), min_size=1, max_size=4))
@example(b"--b--", [1])
@example(b"--b\r\n\r\n\r\n--b--", [2])
@example(b"--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--", [3])
@example(b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--bx--", [3])
def test_any_bytes_are_read_or_refused_alike_in_any_pieces(form: bytes, steps: list[int]) -> None:
    for whole in (form, b"--b" + form, b"--b\r\nContent-Disposition: form-data; " + form):
        outcomes = []
        for pieces in ((), steps):
            try:
                outcomes.append(read(whole, *pieces))
            except ApiError as error:
                outcomes.append(type(error))
        assert outcomes[0] == outcomes[1]


WRONG = (
    (b"x--b--", "does not begin with its boundary"),
    (b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", "too early"),
    (b"--b\r\nnonsense\r\n\r\n\r\n--b--", "no header"),
    (b"--b\r\nContent-Type: a/b\r\n\r\n\r\n--b--", "no name"),
    (b"--bother\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--", "other text"),
    (b"--b\r\nX: " + b"x" * 20_000, "longer than"),
)


@pytest.mark.parametrize(("form", "message"), WRONG, ids=[message for _, message in WRONG])
def test_what_is_wrong_with_a_form_is_said(form: bytes, message: str) -> None:
    for step in (1, 50, 100_000):
        with pytest.raises(ApiError, match=message):
            read(form, step)


def test_limits_hold_while_parts_arrive() -> None:
    def form(name: str, data: bytes, count: int = 1) -> list[bytes]:
        head = f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        return [b"--b\r\n", head, data, b"\r\n"] * count

    for pieces, message in (
        (form('files"; filename="a', b"x" * ((1 << 20) + 9)), "a is larger than 1048576 bytes"),
        (form("label", b"x" * 70_000), "label is larger than 65536 bytes"),
        (form('files"; filename="a', b"", 10), "more than 9 files"),
        (form("label", b"", 21), "20 fields"),
    ):
        with pytest.raises(TooLargeError, match=message):
            read_pieces(pieces)


def test_a_boundary_must_be_usable() -> None:
    for content_type in (
        "",
        "multipart/form-data",
        "multipart/mixed; boundary=b",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="\u00e9"',
        "multipart/form-data; boundary=" + "b" * 999,
    ):
        with pytest.raises(ApiError, match="the form cannot be read") as caught:
            FormReader(content_type, max_files=1, max_file_bytes=1)
        assert caught.value.hint

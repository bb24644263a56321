"""Forms are read alike whatever their parts are called and however they arrive."""

from __future__ import annotations

from email.message import Message

from hypothesis import given
from hypothesis import strategies as st

from tinsmith.server.samples.multipart import FormReader, Part

TEXTS = st.text(st.characters(exclude_characters='"\\', exclude_categories=("C",)), max_size=20)


def read(form: bytes, step: int) -> list[Part]:
    reader = FormReader("multipart/form-data; boundary=b", max_files=9, max_file_bytes=1 << 20)
    found = []
    for start in range(0, len(form), step):
        found += reader.feed(form[start : start + step])
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

"""Every error says what happened, where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinsmith.core import errors
from tinsmith.core.errors import DecodeError, TinsmithError

TREE = {
    "InputError": 2,
    "DecodeError": 2,
    "UnsupportedError": 2,
    "UnsupportedOperatorError": 2,
    "DatasetError": 2,
    "DesignError": 2,
    "EnvironmentError_": 3,
    "MissingPackageError": 3,
    "BuildError": 3,
    "VerificationError": 4,
    "InternalError": 70,
}


@pytest.mark.parametrize(("name", "code"), TREE.items())
def test_each_kind_of_error_has_its_exit_code(name: str, code: int) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, TinsmithError)
    assert kind("something").exit_code == code


def test_an_error_reads_as_place_message_and_hint() -> None:
    error = DecodeError("3 bytes are missing", path=Path("a/b.wav"), hint="copy the file again")
    assert str(error) == "a/b.wav: 3 bytes are missing (copy the file again)"
    assert (error.message, error.path, error.hint) == (
        "3 bytes are missing",
        "a/b.wav",
        "copy the file again",
    )


def test_an_error_without_place_or_hint_is_only_its_message() -> None:
    assert str(DecodeError("3 bytes are missing")) == "3 bytes are missing"


def test_the_first_place_an_error_is_given_stays() -> None:
    error = DecodeError("3 bytes are missing")
    assert error.at("inner.wav").at("outer.zip") is error
    assert error.path == "inner.wav"

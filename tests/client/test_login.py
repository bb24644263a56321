"""Address and key come from where they are said, and the key goes nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinsmith.client import Login, clean_url, find_login, forget_login, login_file, save_login
from tinsmith.core.errors import InputError

ONE, OTHER = "https://one.example.org", "https://other.example.org"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TINSMITH_CONFIG_DIR", str(tmp_path / "config"))
    for name in ("TINSMITH_URL", "TINSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_without_anything_it_says_what_to_do() -> None:
    with pytest.raises(InputError, match="tinsmith login"):
        find_login()


def test_a_login_is_kept_for_its_owner_only() -> None:
    path = save_login(Login(ONE, "secret"))
    assert path == login_file()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert find_login() == Login(ONE, "secret")
    assert "secret" not in repr(find_login())
    assert forget_login()
    assert not forget_login()


def test_arguments_count_more_than_the_environment_and_that_more_than_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save_login(Login(ONE, "saved"))
    monkeypatch.setenv("TINSMITH_URL", OTHER + "/")
    monkeypatch.setenv("TINSMITH_API_KEY", "told")
    assert find_login() == Login(OTHER, "told")
    assert find_login(ONE, "given") == Login(ONE, "given")


def test_a_saved_key_is_not_sent_to_another_server() -> None:
    save_login(Login(ONE, "saved"))
    assert find_login(OTHER).key == ""
    assert find_login(ONE + "/api/v1/").key == "saved"


@pytest.mark.parametrize("text", ["", "localhost", "ftp://x.org", "https://", "https://a:b@x.org",
                                  "http://[::1", "https://x.org:port"])  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no address"):
        clean_url(text)


@pytest.mark.parametrize("text", ["{", "[]", '{"url": 1, "key": ""}', '{"url": "x", "key": ""}'])
def test_a_damaged_file_says_so(text: str) -> None:
    save_login(Login(ONE, "saved"))
    login_file().write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        find_login()
    assert find_login(ONE, "given").key == "given", "one can log in again"
    assert find_login(ONE, "").key == ""

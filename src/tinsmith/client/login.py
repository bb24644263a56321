"""Which server, and with which key: arguments, the environment, or the login file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tinsmith.core.errors import InputError
from tinsmith.core.paths import config_dir, write_atomic

URL_VARIABLE = "TINSMITH_URL"
KEY_VARIABLE = "TINSMITH_API_KEY"


@dataclass(frozen=True)
class Login:
    """A server and the key to it.

    Args:
        url: Such as `https://tinsmith.example.org`; without a slash at the end.
        key: The API key; "" for none.
    """

    url: str
    key: str = field(repr=False, default="")


def login_file() -> Path:
    """Where `tinsmith login` keeps address and key, readable for its owner only."""
    return config_dir() / "login.json"


def find_login(url: str | None = None, key: str | None = None) -> Login:
    """The server to use: what is given, else the environment, else the login file.

    The key of the login file is only ever sent to the server it was made for.

    Args:
        url: The address, or None to look for it.
        key: The key, "" for none, or None to look for it.

    Raises:
        InputError: Nothing says which server, or its address is none.
    """
    url = url or os.environ.get(URL_VARIABLE)
    key = os.environ.get(KEY_VARIABLE) if key is None else key
    saved = load_login() if not url or key is None else None
    url = url or (saved.url if saved else None)
    if not url:
        raise InputError(
            "there is no server to talk to",
            hint=f"`tinsmith login URL` keeps one, or set {URL_VARIABLE} and {KEY_VARIABLE}",
        )
    url = clean_url(url)
    if key is None and saved and saved.url == url:
        key = saved.key
    return Login(url, key or "")


def clean_url(url: str) -> str:
    """The address of a server: scheme, host and folder, without a slash at the end.

    Raises:
        InputError: It is no http or https address.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None:
        raise InputError(
            f"{url!r} is no address of a server",
            hint="expected for example https://tinsmith.example.org",
        )
    path = parts.path.rstrip("/").removesuffix("/api/v1")
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def load_login() -> Login | None:
    """What `tinsmith login` kept, if anything.

    Raises:
        InputError: The file is damaged.
    """
    path = login_file()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Login(clean_url(str(document["url"])), str(document["key"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, InputError) as error:
        raise InputError(
            "the login file is damaged", path=path, hint="log in again: tinsmith login URL"
        ) from error


def save_login(login: Login) -> Path:
    """Keeps address and key for later, in a file that only its owner can read."""
    path = login_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = {"url": login.url, "key": login.key}
    write_atomic(path, (json.dumps(document, indent=1) + "\n").encode(), mode=0o600)
    return path


def forget_login() -> bool:
    """Removes what was kept; whether there was anything."""
    try:
        login_file().unlink()
    except FileNotFoundError:
        return False
    return True

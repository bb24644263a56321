"""`tinsmith login` and `tinsmith logout`."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import note, print_json
from tinsmith.core.errors import InputError

if TYPE_CHECKING:
    from tinsmith.client import Login
    from tinsmith.client.types import Me

_KEY = typer.Option(
    help="API key; - reads it from stdin. Without one, TINSMITH_API_KEY is taken, or you are asked "
    "for it.",
    show_default=False,
)


def login(
    url: Annotated[
        str,
        typer.Argument(help="Address of the server, or the link that `tinsmith up` printed."),
    ],
    key: Annotated[str | None, _KEY] = None,
    as_json: JsonOption = False,
) -> None:
    """Sign in to a server; later commands take its projects as `-p NAME@server`.

    The key is checked and kept in a file that only you can read. With a one-time link, such as the
    one of a new server, a personal key is made and kept.

    TINSMITH_URL and TINSMITH_API_KEY do without a login, for scripts.
    """
    from tinsmith.client import Client, Login, clean_url, save_login

    token = parse_qs(urlsplit(url).query).get("token", [""])[0]
    address = clean_url(url.partition("?")[0].removesuffix("/login"))
    found = _by_link(address, token) if token else Login(address, _asked(key))
    with Client(found.url, found.key) as client:
        me = client.me()
    path = save_login(found)
    if as_json:
        print_json({"url": found.url, "user": me.email, "file": str(path)})
        return
    note(f"Logged in to {found.url} as {_who(me)}; the key is in {path}.")
    note("Next: tinsmith projects, tinsmith new NAME@server")


def logout(as_json: JsonOption = False) -> None:
    """Forget the server and the key; the key itself stays valid until it is revoked there."""
    from tinsmith.client import forget_login

    was_there = forget_login()
    if as_json:
        print_json({"logged_out": was_there})
        return
    note("Logged out." if was_there else "Nobody was logged in.")


def _by_link(address: str, token: str) -> Login:
    """Signs in by a one-time link and makes a personal key."""
    from tinsmith.client import Client, Login

    with Client(address, key="") as client:
        client.sign_in(token)
        made = client.keys.create(f"tinsmith on {socket.gethostname()}"[:200], scope="admin")
    return Login(address, made.secret)


def _asked(key: str | None) -> str:
    if key == "-":
        key = sys.stdin.readline().strip()
    key = key or os.environ.get("TINSMITH_API_KEY")
    if not key and sys.stdin.isatty():
        key = typer.prompt("API key", hide_input=True, err=True)
    if not key:
        raise InputError(
            "there is no API key",
            hint="give one with --key, or make one on the server's page of keys",
        )
    return key


def _who(me: Me) -> str:
    scope = f", scope {me.scope}" if me.scope else ""
    only = f", project {me.project_id} only" if me.project_id else ""
    return f"{me.email or 'a program'}{scope}{only}"

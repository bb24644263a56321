"""`tinsmith admin`: what an administrator does on the machine itself, also while it serves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tinsmith.cli.collect import collect
from tinsmith.cli.options import JsonOption
from tinsmith.cli.output import console, note, print_json, table
from tinsmith.cli.up import DATA, DATABASE, FOLDER, PUBLIC

DataOption = Annotated[Path, DATA]
DatabaseOption = Annotated[str, DATABASE]

app = typer.Typer(
    name="admin",
    help="Look after the accounts of a server, on its data folder and also while it runs.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
user = typer.Typer(name="user", help="Accounts: add, list, disable.", no_args_is_help=True)
app.add_typer(user)
app.command("collect")(collect)

_EMAIL = typer.Argument(help="The address the person signs in with.", metavar="EMAIL")
_STDIN = typer.Option("--password-stdin", help="Read the password from standard input.")
_PORT = typer.Option(envvar="TINSMITH_PORT", help="Port that the server listens on.")


@app.command("link")
def link(
    email: Annotated[
        str, typer.Argument(help="Whom to sign in; the first administrator when left out.")
    ] = "",
    data: DataOption = FOLDER,
    database_url: DatabaseOption = "",
    public_url: Annotated[str, PUBLIC] = "",
    port: Annotated[int, _PORT] = 4880,
) -> None:
    """Print a link that signs somebody in once, within a day."""
    from tinsmith.server.accounts.service import create_link, login_url
    from tinsmith.server.audit.service import audit
    from tinsmith.server.local import LOCAL, find_person, local_session
    from tinsmith.server.settings import Settings

    settings = Settings(
        data.resolve(), database_url=database_url, port=port, public_url=public_url.rstrip("/")
    )
    with local_session(settings) as session:
        person = find_person(session, email)
        secret = create_link(session, person)
        audit(session, LOCAL, "user.link", person.email, user_id=person.id)
    note(f"Signs in {person.email} once, within 24 hours:")
    typer.echo(login_url(settings, secret))


@user.command("add")
def add(
    email: Annotated[str, _EMAIL],
    name: Annotated[str, typer.Option(help="What others see; the address when left out.")] = "",
    admin: Annotated[
        bool, typer.Option("--admin", help="May do everything, also with others' projects.")
    ] = False,
    password_stdin: Annotated[bool, _STDIN] = False,
    data: DataOption = FOLDER,
    database_url: DatabaseOption = "",
) -> None:
    """Make an account. Without a password, `tinsmith admin link EMAIL` opens the first session."""
    from tinsmith.server.local import LOCAL, checked, local_session
    from tinsmith.server.settings import Settings
    from tinsmith.server.users.schemas import UserIn
    from tinsmith.server.users.service import create_user, hashed

    password = _read_password() if password_stdin else None
    wanted = checked(UserIn, email=email, name=name or email, password=password, is_admin=admin)
    kept = hashed({"password": password}).get("password_hash")
    with local_session(Settings(data.resolve(), database_url=database_url)) as session:
        made = create_user(
            session, LOCAL, wanted.email, wanted.name, password_hash=kept, is_admin=admin
        )
    note(f"{made.email} has an account.")


@user.command("list")
def list_(
    data: DataOption = FOLDER, database_url: DatabaseOption = "", as_json: JsonOption = False
) -> None:
    """List all accounts: who administers, who is disabled, who came when."""
    from tinsmith.server.local import all_people, local_session
    from tinsmith.server.settings import Settings
    from tinsmith.server.users.routes import user_out

    with local_session(Settings(data.resolve(), database_url=database_url)) as session:
        found = [user_out(row) for row in all_people(session)]
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    shown = table("Accounts", "address", "<name", "<role", "<state", "<last seen")
    for item in found:
        seen = f"{item.last_seen_at:%Y-%m-%d %H:%M}" if item.last_seen_at else "never"
        role = "administrator" if item.is_admin else "user"
        state = "enabled" if item.enabled else "disabled"
        shown.add_row(item.email, item.name, role, state, seen)
    console().print(shown)


@user.command("disable")
def disable(
    email: Annotated[str, _EMAIL], data: DataOption = FOLDER, database_url: DatabaseOption = ""
) -> None:
    """Shut an account: sessions end and keys stop at once; nothing it owns is lost."""
    _change(data, database_url, email, enabled=False)


@user.command("enable")
def enable(
    email: Annotated[str, _EMAIL], data: DataOption = FOLDER, database_url: DatabaseOption = ""
) -> None:
    """Open an account again; its keys work again."""
    _change(data, database_url, email, enabled=True)


@app.command("password")
def password(
    email: Annotated[str, _EMAIL],
    password_stdin: Annotated[bool, _STDIN] = False,
    data: DataOption = FOLDER,
    database_url: DatabaseOption = "",
) -> None:
    """Set somebody's password, asked for on the terminal; ends all their sessions."""
    from tinsmith.server.local import checked
    from tinsmith.server.users.schemas import UserChange

    given = _read_password() if password_stdin else typer.prompt(
        "New password", hide_input=True, confirmation_prompt=True
    )  # fmt: skip
    checked(UserChange, password=given)
    _change(data, database_url, email, password=given)


def _change(data: Path, database_url: str, email: str, **changes: object) -> None:
    from tinsmith.server.local import LOCAL, find_person, local_session
    from tinsmith.server.settings import Settings
    from tinsmith.server.users.service import hashed, update_user

    values = hashed(dict(changes))
    with local_session(Settings(data.resolve(), database_url=database_url)) as session:
        person = find_person(session, email)
        update_user(session, LOCAL, person, values)
    note(f"{person.email} was changed.")


def _read_password() -> str:
    return sys.stdin.readline().rstrip("\n")

"""The program and its commands, in the order a person meets them."""

from __future__ import annotations

from typing import Annotated

import typer

from tinsmith import __version__
from tinsmith.cli import (
    admin,
    backup,
    classify,
    compile_,
    demo,
    deploy,
    design,
    download,
    edit,
    import_,
    inspect_,
    jobs,
    login,
    new,
    profile,
    projects,
    quantization,
    test,
    train,
    up,
    upload,
)

app = typer.Typer(
    name="tinsmith",
    help="Machine learning on small devices: from recordings to verified firmware.",
    epilog="Start with `tinsmith demo`, or: new → import → inspect → design → train → test → "
    "profile → deploy.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinsmith {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Machine learning on small devices: from recordings to verified firmware."""


app.command("new")(new.new)
app.command("import")(import_.import_data)
app.command("inspect")(inspect_.inspect)
app.command("edit")(edit.edit)
app.command("design")(design.design)
app.command("train")(train.train)
app.command("test")(test.run_tests)
app.command("profile")(profile.profile)
app.command("quantization")(quantization.quantization)
app.command("deploy")(deploy.deploy)
app.command("compile")(compile_.compile_file)
app.command("classify")(classify.classify)
app.command("demo")(demo.demo)
app.command("up")(up.up)
app.command("login")(login.login)
app.command("logout")(login.logout)
app.command("projects")(projects.projects)
app.command("upload")(upload.upload)
app.command("jobs")(jobs.jobs)
app.command("logs")(jobs.logs)
app.command("cancel")(jobs.cancel)
app.command("download")(download.download)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(admin.app)

"""Documents say what is so: commands parse, links lead somewhere, examples run."""

from __future__ import annotations

import math
import re
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import typer

import tinsmith
from tinsmith.core.parameters import resolve
from tinsmith.dsp import BLOCKS, block
from tinsmith.impulse.codegen import GeneratedImpulse, generate
from tinsmith.impulse.design import parse_impulse
from tinsmith.toolchain import Build, BuildRequest, Generated, build, target

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "docs/reference" not in path.as_posix()
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
ids = [path.relative_to(ROOT).as_posix() for path in DOCUMENTS]


def fenced(path: Path, language: str) -> list[str]:
    """The code blocks of a document in one language; "" are those that name none."""
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_command_is_one_the_program_has(path: Path) -> None:
    program = typer.main.get_command(typer_app())
    lines = "".join(fenced(path, "")).splitlines()
    inline = re.findall(r"`(tinsmith [^`]+)`", path.read_text(encoding="utf-8"))
    for line in [*(line for line in lines if line.startswith("tinsmith ")), *inline]:
        words = shlex.split(line, comments=True)
        if "…" in words or "FOLDER" in words:
            words = words[:2]
        command = program.commands[words[1]] if words[1][0] != "-" else None  # type: ignore[attr-defined]
        if command and len(words) > 2:
            command.make_context(words[1], words[2:])


def typer_app() -> typer.Typer:
    """The program."""
    from tinsmith.cli.app import app

    return app


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_links_lead_to_files(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in DECISIONS] == [
        f"{n:04}" for n in range(1, len(DECISIONS) + 1)
    ]


@pytest.mark.parametrize("path", DECISIONS, ids=[path.name for path in DECISIONS])
def test_a_decision_names_a_check_that_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]} ")
    # The list of dependencies has a line for each.
    assert len(text.split()) <= (1200 if path.name.startswith("0002") else 600), "one page"
    checks = re.findall(r"`(tests/[\w/.]+)`", text.partition("## Enforced by")[2])
    assert checks
    assert [check for check in checks if not (ROOT / check).exists()] == []
    tests = re.findall(r"`(test_\w+)`", text)
    source = "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in tests if f"def {name}(" not in source] == []


def test_the_changelog_begins_with_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[([^]]+)\]", text, re.MULTILINE)
    assert versions[0] in (tinsmith.__version__, "Unreleased")
    assert tinsmith.__version__ in versions


def test_every_make_goal_in_the_documents_exists() -> None:
    goals = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        named = re.findall(r"(?:^|`)make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= set(goals), path.name


def test_example_designs_are_valid() -> None:
    first, second = fenced(ROOT / "docs/formats/impulse.md", "toml")
    design = parse_impulse(tomllib.loads(first))
    for item in design.processing:
        resolve(block(item.type).parameters, item.parameters, where=item.id)
    changed = tomllib.loads(first) | {"learning": tomllib.loads(second)["learning"]}
    network = parse_impulse(changed).network()
    assert network is not None
    assert not isinstance(network.network, str)


@pytest.mark.slow
def test_the_reference_has_every_block_command_and_setting(
    generator: ModuleType, reference: dict[str, str]
) -> None:
    assert all(text.startswith("<!-- Generated") for text in reference.values())
    for item in BLOCKS.values():
        page = reference[f"dsp/{item.stem}.md"]
        assert [p.name for p in item.parameters if f"### `{p.name}`" not in page] == []
    commands = generator.commands()
    cli = reference["cli.md"]
    assert [name for name in commands if f"## `tinsmith {name}" not in cli] == []


def test_every_option_of_every_command_has_a_help_text(generator: ModuleType) -> None:
    silent = [
        f"{name} {option.name}"
        for name, command in generator.commands().items()
        for option in command.params
        if not getattr(option, "help", None)
    ]
    assert silent == []
    assert all(command.help for command in generator.commands().values())


def test_every_field_of_a_design_is_explained(generator: ModuleType) -> None:
    from tinsmith.impulse import design

    for model in (design.TimeSeriesInput, design.ImageInput, design.ProcessingBlock,
                  design.LearningBlock):  # fmt: skip
        explained = design.field_help(model)
        assert set(model.model_fields) - set(explained) <= {"type"}, model.__name__


@pytest.mark.slow
def test_the_reference_is_the_same_each_time(
    generator: ModuleType, reference: dict[str, str]
) -> None:
    assert generator.pages() == reference


def write_recordings(folder: Path) -> None:
    """Two movements of six people, ten seconds each at 50 Hz."""
    folder.mkdir()
    random = np.random.default_rng(1)
    time_s = np.arange(500) / 50
    for label, rate_hz in (("slow", 1.0), ("fast", 4.0)):
        for subject in range(6):
            phases = random.uniform(0, 2 * math.pi, 3)
            axes = np.sin(2 * math.pi * rate_hz * time_s[:, None] + phases)
            axes += random.normal(0, 0.1, axes.shape)
            table = np.column_stack([time_s * 1000, axes])
            np.savetxt(
                folder / f"{label}.s{subject:02d}.csv", table, fmt="%.3f", delimiter=",",
                header="timestamp,accX,accY,accZ", comments="",
            )  # fmt: skip


@pytest.mark.slow
def test_the_python_example_runs_and_its_library_takes_the_c_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_recordings(tmp_path / "recordings")
    (example,) = fenced(ROOT / "README.md", "python")
    seen: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), seen)
    accuracy, package = capsys.readouterr().out.splitlines()[-2:]
    assert float(accuracy) > 0.9
    assert Path(package.split()[0]).is_file()

    generated = generate(seen["fitted"], "int8", target("cortex-m4f"))  # type: ignore[arg-type]
    for document in ("README.md", "docs/guides/firmware.md"):
        text = "\n".join(fenced(ROOT / document, "c"))
        assert compiled(text, generated).path.is_file()


def compiled(text: str, generated: GeneratedImpulse) -> Build:
    """The C examples of a document, compiled against a generated impulse."""
    root = ROOT / "runtime" / "src"
    core = {*generated.core_sources, "sdk/tin_slices.c"}
    return build(
        BuildRequest(
            target=target("cortex-m4f"),
            sources=(
                *generated.sources,
                *(root / name for name in sorted(core)),
                Generated("example.c", text),
            ),
            exports=("classify",),
        )
    )

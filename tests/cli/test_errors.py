"""Bad input: exit code 2, what is wrong, where, and what to do; nothing half-written."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tinsmith.core.hashing import hash_bytes

Command = Callable[..., Any]
Copy = Callable[[str], Path]


def contents(folder: Path) -> dict[str, str]:
    """Every file of a project but the cache, by its hash."""
    return {
        path.relative_to(folder).as_posix(): hash_bytes(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".tinsmith" not in path.parts and path.name != ".lock"
    }


def assert_refused(result: Any, *words: str, hint: bool = True) -> None:
    """A clear refusal on the screen, and no traceback."""
    assert result.code == 2, result.err
    assert "Traceback" not in result.err
    assert "error: " in result.err
    assert "hint: " in result.err or not hint
    for word in words:
        assert word in result.err


@pytest.fixture
def empty(tinsmith: Command, tmp_path: Path) -> Path:
    assert tinsmith("new", tmp_path / "p").code == 0
    return tmp_path / "p"


def wav(data: bytes, *, claimed: int | None = None, rate: int = 16000) -> bytes:
    """A mono 16 bit WAV whose data chunk may claim another size than it has."""
    size = len(data) if claimed is None else claimed
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, rate,
                       2 * rate, 2, 16)  # fmt: skip
    return head + struct.pack("<4sI", b"data", size) + data


PNG_HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
BAD_FILES: dict[str, bytes] = {
    "empty.wav": b"",
    "cut.wav": wav(b"\x01\x02" * 4000)[:30],
    "no-frames.wav": wav(b""),
    "no-rate.wav": wav(b"\x01\x02" * 100, rate=0),
    "text.wav": b"this is no sound at all",
    "cut.png": PNG_HEAD + b"\x00\x00\x00\x10",
    "lying.png": PNG_HEAD + struct.pack(">IIBBBBB", 2**30, 2**30, 8, 2, 0, 0, 0) + b"\x00" * 4,
    "cut.cbor": b"\xa3\x69protected",
    "deep.cbor": b"\x81" * 5000 + b"\x00",
    "lying.cbor": b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
    "header-only.csv": b"timestamp,accX\n",
    "nan.csv": b"timestamp,accX\n0,1\n10,nan\n20,3\n30,4\n",
    "infinite.csv": b"timestamp,accX\n0,1\n10,inf\n20,3\n30,4\n",
    "words.csv": b"timestamp,accX\n0,1\n10,two\n20,3\n30,4\n",
    "backwards.csv": b"timestamp,accX\n30,1\n20,2\n10,3\n0,4\n",
    "cut.json": b'{"protected": {"ver": "v1"',
    "wrong.json": b'{"protected": {"ver": "v1", "alg": "none"}, "payload": 3}',
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_named_and_nothing_is_written(
    tinsmith: Command, empty: Path, tmp_path: Path, name: str
) -> None:
    before = contents(empty)
    (tmp_path / name).write_bytes(BAD_FILES[name])
    result = tinsmith("import", tmp_path / name, "-p", empty)
    assert_refused(result, name, "nothing was imported")
    assert contents(empty) == before


def test_bad_files_among_good_ones_are_reported_one_by_one(
    tinsmith: Command, empty: Path, tmp_path: Path, recordings: Path
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for path in sorted(recordings.iterdir())[:4]:
        (folder / path.name).write_bytes(path.read_bytes())
    for name, data in BAD_FILES.items():
        (folder / name).write_bytes(data)
    found = tinsmith("import", folder, "-p", empty, "--json")
    assert found.code == 0
    assert found.document["imported"] == 4
    assert {item["path"] for item in found.document["problems"]} == set(BAD_FILES)
    shown = tinsmith("inspect", "-p", empty)
    assert shown.code == 0


def test_a_sound_whose_header_lies_is_read_as_far_as_it_goes_or_refused(
    tinsmith: Command, empty: Path, tmp_path: Path
) -> None:
    path = tmp_path / "short.wav"
    path.write_bytes(wav(b"\x10\x20" * 4000, claimed=2**31))
    found = tinsmith("import", path, "-p", empty, "--json")
    if found.code == 0:
        samples = tinsmith("inspect", "-p", empty, "--json").document
        assert samples["duration_ms"] == pytest.approx(250)
        assert samples["problems"], "a repaired file must be reported"
    else:
        assert found.document["problems"]


@pytest.mark.parametrize("arguments", [("import", "there-is-no-such-folder"), ("import", ".")])
def test_importing_nothing_is_an_error(
    tinsmith: Command,
    empty: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, str],
) -> None:
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path / "nothing")
    assert_refused(tinsmith(*arguments, "-p", empty))
    in_json = tinsmith(*arguments, "-p", empty, "--json")
    assert in_json.code == 2
    assert isinstance(in_json.document, dict)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--split-by", "subject"), ("subject",)),
        (("--pattern", "{label"), ("{label",)),
        (("--pattern", "{label}_{subject}.csv"), ("nothing was imported",)),
        (("--interval-ms", "0"), ("interval",)),
        (("--interval-ms", "-5"), ("interval",)),
        (("--label-from", "index"), ("info.labels",)),
    ],
)
def test_options_that_make_no_sense_are_refused(
    tinsmith: Command,
    empty: Path,
    recordings: Path,
    arguments: tuple[str, ...],
    words: tuple[str, ...],
) -> None:
    before = contents(empty)
    result = tinsmith("import", recordings, "-p", empty, *arguments)
    # A pattern or source of labels that is wrong is named in full by the message.
    assert_refused(result, *words, hint=arguments[0] == "--interval-ms")
    assert contents(empty) == before


def test_an_unknown_option_or_command_is_a_usage_error(tinsmith: Command) -> None:
    for arguments in (("train", "--quickly"), ("trian",), ("profile", "--variant", "int4")):
        result = tinsmith(*arguments)
        assert result.code == 2
        assert "Usage" in result.err


@pytest.mark.parametrize("command", ["inspect", "design", "train", "test", "profile", "deploy"])
def test_without_a_project_every_command_says_how_to_make_one(
    tinsmith: Command, tmp_path: Path, command: str
) -> None:
    assert_refused(tinsmith(command, "-p", tmp_path), "no project here", "tinsmith new NAME")
    in_json = tinsmith(command, "-p", tmp_path, "--json")
    assert in_json.code == 2
    assert set(in_json.document) == {"error", "hint", "path"}
    assert "tinsmith new NAME" in in_json.document["hint"]


@pytest.mark.parametrize(
    ("stage", "command", "words"),
    [
        ("empty", "design", ("import",)),
        ("empty", "train", ("there is no impulse yet", "tinsmith design")),
        ("imported", "train", ("there is no impulse yet", "tinsmith design")),
        ("designed", "test", ("nothing has been trained yet", "tinsmith train")),
        ("designed", "profile", ("nothing has been trained yet",)),
        ("designed", "deploy", ("nothing has been trained yet",)),
    ],
)
def test_a_step_too_early_names_the_step_before(
    tinsmith: Command, project: Copy, empty: Path, stage: str, command: str, words: tuple[str, ...]
) -> None:
    folder = empty if stage == "empty" else project(stage)
    before = contents(folder)
    assert_refused(tinsmith(command, "-p", folder), *words)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("input.window_ms=-1", ("input.time-series.window_ms", "greater than 0")),
        ("input.window_ms=NaN", ("window_ms", "finite")),
        ("input.typo=1", ("input.time-series.typo",)),
        ("spectral.type=fourier", ("unknown processing block 'fourier'", "spectral_analysis")),
        ("spectral.parameters.fft_length=63", ("fft_length", "63")),
        ("spectral.parameters.cutoff=3", ("unknown parameter 'cutoff'",)),
        ("network.training.epochs=many", ("epochs is 'many'",)),
        ("network.network=resnet", ("resnet",)),
        ("nonsense.parameters.x=1", ("begin with one of input, spectral",)),
        ("spectral", ("expected path=value",)),
        ("=3", ("expected path=value",)),
        ("spectral.parameters.fft_length.deep=3", ("fft_length",)),
    ],
)
def test_a_design_that_makes_no_sense_is_not_kept(
    tinsmith: Command, project: Copy, change: str, words: tuple[str, ...]
) -> None:
    folder = project("designed")
    before = contents(folder)
    assert_refused(tinsmith("design", "-p", folder, "--set", change), *words)
    assert contents(folder) == before


def test_a_cutoff_above_half_the_rate_is_refused(tinsmith: Command, project: Copy) -> None:
    folder = project("designed")
    result = tinsmith(
        "design", "-p", folder, "--set", "spectral.parameters.filter_type=low",
        "--set", "spectral.parameters.filter_cutoff_hz=70",
    )  # fmt: skip
    assert_refused(result, "filter_cutoff_hz", "70", "50")


def test_an_unknown_preset_or_one_for_other_data_is_refused(
    tinsmith: Command, project: Copy
) -> None:
    folder = project("imported")
    assert_refused(tinsmith("design", "-p", folder, "--preset", "magic"), "magic", "motion")
    assert_refused(tinsmith("design", "-p", folder, "--preset", "keywords"), "audio")
    assert not (folder / "impulse.toml").exists()


@pytest.mark.parametrize("command", ["profile", "deploy"])
def test_an_unknown_target_is_refused(tinsmith: Command, project: Copy, command: str) -> None:
    folder = project("trained")
    before = contents(folder)
    assert_refused(tinsmith(command, "-p", folder, "-t", "cortex-m99"), "cortex-m99", "cortex-m4f")
    assert_refused(tinsmith(command, "-p", folder, "-t", "linux-armv7"), "cannot be run here")
    assert contents(folder) == before


def test_an_unknown_form_of_package_is_refused(tinsmith: Command, project: Copy) -> None:
    folder = project("trained")
    assert_refused(tinsmith("deploy", "-p", folder, "--form", "abacus"), "abacus", "cpp-library")
    assert not (folder / "deployments").exists()


def test_a_project_without_test_samples_cannot_be_tested(tinsmith: Command, project: Copy) -> None:
    folder = project("trained")
    index = folder / "samples.jsonl"
    index.write_text(index.read_text().replace('"testing"', '"training"'))
    assert_refused(tinsmith("test", "-p", folder), "there are no test samples")
    assert not (folder / "results").exists()


def test_one_class_and_too_few_windows_are_refused(
    tinsmith: Command, empty: Path, recordings: Path
) -> None:
    pytest.importorskip("torch", reason="the learn extra is not installed")
    files = sorted(recordings.glob("idle.*"))[:6]
    tinsmith("import", *files, "-p", empty, "--category", "training")
    assert tinsmith("design", "-p", empty).code == 0
    assert_refused(tinsmith("train", "-p", empty), "1 class (idle)", "another class")
    tinsmith("import", min(recordings.glob("turning.*")), "-p", empty, "--category", "training")
    changed = ("--set", "input.stride_ms=60000")
    assert tinsmith("design", "-p", empty, *changed).code == 0
    assert_refused(tinsmith("train", "-p", empty), "turning")
    assert not (empty / "model").exists()


def test_recordings_with_other_axes_are_named(
    tinsmith: Command, project: Copy, tmp_path: Path
) -> None:
    folder = project("designed")
    odd = tmp_path / "idle.odd.csv"
    rows = "".join(f"{index * 10},{index % 7},{index % 5}\n" for index in range(300))
    odd.write_text(f"timestamp,gyrX,gyrY\n{rows}")
    assert tinsmith("import", odd, "-p", folder, "--category", "training").code == 0
    assert_refused(tinsmith("train", "-p", folder), "idle.odd", "gyrX")
    assert "different axes" in tinsmith("inspect", "-p", folder).err


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("tinsmith.toml", b"\x00\x01", 2),
        ("tinsmith.toml", b"schema_version = 99\nname = 'x'\n", 2),
        ("impulse.toml", b"input = [", 2),
        ("impulse.toml", b"", 2),
        ("samples.jsonl", b"{broken\n", 2),
        ("samples.jsonl", b"", 2),
    ],
)
def test_a_corrupted_project_file_is_named(
    tinsmith: Command, project: Copy, name: str, data: bytes, code: int
) -> None:
    folder = project("designed")
    (folder / name).write_bytes(data)
    result = tinsmith("train", "-p", folder)
    assert result.code == code
    assert "Traceback" not in result.err
    assert "error: " in result.err
    assert (folder / name).read_bytes() == data


@pytest.mark.parametrize("name", ["fitted.json", "int8.tflite", "float32.tflite"])
def test_a_corrupted_model_is_named(tinsmith: Command, project: Copy, name: str) -> None:
    folder = project("trained")
    path = folder / "model" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    for command in ("test", "profile", "deploy"):
        assert_refused(tinsmith(command, "-p", folder), "damaged", "tinsmith train")


def test_content_that_was_changed_behind_our_back_is_noticed(
    tinsmith: Command, project: Copy
) -> None:
    folder = project("designed")
    blob = next(path for path in (folder / "data").rglob("*.csv"))
    blob.write_text(blob.read_text().replace("0.", "1."))
    result = tinsmith("train", "-p", folder)
    assert_refused(result, "has changed")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("missing.csv", None, ("cannot be read",)),
        ("broken.csv", b"a,b\n1,x\n", ("broken.csv",)),
        ("sound.wav", wav(b"\x01\x02" * 4000), ("accX",)),
        ("other.csv", b"timestamp,p,q,r\n0,1,2,3\n10,1,2,3\n20,1,2,3\n", ("accX",)),
    ],
)
def test_classify_refuses_what_does_not_fit(
    tinsmith: Command,
    project: Copy,
    tmp_path: Path,
    name: str,
    data: bytes | None,
    words: tuple[str, ...],
) -> None:
    folder = project("trained")
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert_refused(tinsmith("classify", tmp_path / name, "-p", folder), *words)


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "file/inside"),
        ("inspect", "--plot", "file/inside.png", "-p", "project"),
        ("deploy", "--target", "host", "--out", "file/inside.zip", "-p", "project"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(
    tinsmith: Command,
    project: Copy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    project("trained").rename(tmp_path / "project")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    result = tinsmith(*arguments)
    assert result.code in (2, 3), result.err
    assert "Traceback" not in result.err
    assert "error: " in result.err
    assert "file" in result.err
    assert "hint: " in result.err
    assert (tmp_path / "file").read_text() == "in the way"


def test_an_error_in_json_is_one_document(tinsmith: Command, project: Copy) -> None:
    folder = project("designed")
    found = tinsmith("design", "-p", folder, "--set", "input.window_ms=0", "--json")
    assert found.code == 2
    assert set(found.document) == {"error", "hint", "path"}
    assert found.err == ""


def test_messages_are_never_broken_into_lines(
    tinsmith: Command, project: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project("designed")
    monkeypatch.setenv("COLUMNS", "40")
    result = tinsmith("design", "-p", folder, "--set", "spectral.type=fourier")
    line = next(line for line in result.err.splitlines() if line.startswith("error: "))
    assert line.endswith("image")


def test_labels_that_look_like_markup_are_shown_as_they_are(
    tinsmith: Command, empty: Path, recordings: Path
) -> None:
    file = min(recordings.iterdir())
    tinsmith("import", file, "-p", empty, "--label", "[bold]loud[/bold]")
    shown = tinsmith("inspect", "-p", empty)
    assert shown.code == 0, shown.err
    assert "[bold]loud[/bold]" in shown.out
    assert json.loads(tinsmith("inspect", "-p", empty, "--json").out)["classes"][0]["label"] == (
        "[bold]loud[/bold]"
    )

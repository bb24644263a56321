"""The zip: the same bytes for the same files, and a bill of everything in it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

from tinsmith.core.hashing import hash_bytes
from tinsmith.deployment import DeploymentResult, Subject, TestWindows, deploy_subject
from tinsmith.deployment.archive import pack


def test_the_same_impulse_gives_the_same_bytes(
    deployed: DeploymentResult, subject: Subject, tests: TestWindows, tmp_path: Path
) -> None:
    again = deploy_subject(subject, tests, tmp_path / "again.zip", core="host")
    assert again.path.read_bytes() == deployed.path.read_bytes()
    assert again.sha256 == hash_bytes(deployed.path.read_bytes())


def test_order_of_files_does_not_matter() -> None:
    assert pack({"b": b"2", "a": b"1"}) == pack({"a": b"1", "b": b"2"})


def test_entries_carry_no_trace_of_this_machine() -> None:
    with zipfile.ZipFile(io.BytesIO(pack({"src/b.c": b"int b;", "a": b""}))) as archive:
        assert archive.namelist() == ["a", "src/b.c"]
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.create_system == 3
            assert info.external_attr == 0o100644 << 16


def test_the_bill_lists_every_file_with_its_hash(library: Path, deployed: DeploymentResult) -> None:
    bill = json.loads((library / "sbom.cdx.json").read_text(encoding="utf-8"))
    listed = {item["name"]: item["hashes"][0]["content"] for item in bill["components"]}
    packed = {
        path.relative_to(library).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in library.rglob("*")
        if path.is_file()
    }
    del packed["sbom.cdx.json"]
    assert listed == packed
    assert set(deployed.files) == {*packed, "sbom.cdx.json"}
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["dependencies"][0]["dependsOn"] == sorted(packed)


def test_generated_tables_are_not_claimed(library: Path) -> None:
    bill = json.loads((library / "sbom.cdx.json").read_text(encoding="utf-8"))
    licensed = {item["name"] for item in bill["components"] if "licenses" in item}
    assert "src/sdk/tin_classify.c" in licensed
    assert "model/tin_impulse_data.c" not in licensed


def test_a_folder_gets_a_file_named_after_the_impulse(deployed: DeploymentResult) -> None:
    assert deployed.path.name == "toy_motion-float32.zip"
    assert [path.name for path in deployed.path.parent.iterdir()] == [deployed.path.name]

"""Software bill of materials: every file of a package with its SHA-256, as CycloneDX JSON.

CycloneDX rather than SPDX because it needs no time of creation, so that the same package has the
same bill. Format: CycloneDX 1.5.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tinsmith import __version__
from tinsmith.core.hashing import hash_bytes

SBOM_NAME = "sbom.cdx.json"
_OWN_LICENCE = "Apache-2.0"


def bill_of_materials(name: str, files: Mapping[str, bytes], *, generated: str) -> bytes:
    """The bill of `files`, sorted by path.

    Args:
        name: Of the package.
        files: By path; the bill itself is not among them.
        generated: Folder whose files come from the user's data and carry no licence of ours.
    """
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "tools": {
                "components": [{"type": "application", "name": "tinsmith", "version": __version__}]
            },
            "component": {"type": "library", "bom-ref": name, "name": name},
        },
        "components": [
            _component(path, files[path], is_generated=path.startswith(f"{generated}/"))
            for path in sorted(files)
        ],
        "dependencies": [{"ref": name, "dependsOn": sorted(files)}],
    }
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _component(path: str, data: bytes, *, is_generated: bool) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "file",
        "bom-ref": path,
        "name": path,
        "hashes": [{"alg": "SHA-256", "content": hash_bytes(data)}],
    }
    if not is_generated:
        component["licenses"] = [{"license": {"id": _OWN_LICENCE}}]
    return component

"""Trained impulses between files, rows and blobs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tinsmith.impulse.fitted import FittedImpulse, load_fitted, save_fitted
from tinsmith.store.blobs import BlobStore
from tinsmith.store.plain import finite
from tinsmith.store.tables import Model


def trained_columns(fitted: FittedImpulse, blobs: BlobStore) -> dict[str, Any]:
    """What a row of models says of a trained impulse itself, whose files are stored."""
    history = finite(fitted.network.history) if fitted.network else []
    return {
        "classes": list(fitted.classes),
        "history": history,
        "files": _store(fitted, blobs),
        "metrics": _metrics(history, fitted.network.parameters if fitted.network else 0),
        "warnings": list(fitted.warnings),
    }


def fetch_fitted(model: Model, blobs: BlobStore) -> FittedImpulse:
    """The trained impulse of a row."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content_hash in model.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(blobs.get(content_hash))
        return load_fitted(root)


def _store(fitted: FittedImpulse, blobs: BlobStore) -> dict[str, str]:
    """Stores the files; their blobs by file name."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        save_fitted(fitted, root)
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix(): blobs.put_file(path).hash for path in paths}


def _metrics(history: list[dict[str, Any]], parameters: int) -> dict[str, Any]:
    """What is said of a model in one line: the best epoch's validation and its size."""
    judged = [epoch for epoch in history if epoch.get("validation_loss") is not None]
    best = min(judged, key=lambda epoch: epoch["validation_loss"]) if judged else {}
    return {
        "parameters": parameters,
        "validation_metric": best.get("validation_metric"),
        "validation_loss": best.get("validation_loss"),
    }

"""Trained impulses between files and blobs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from tinsmith.core.errors import DesignError, InputError
from tinsmith.impulse.fitted import FittedImpulse, load_fitted, save_fitted
from tinsmith.store.blobs import BlobStore
from tinsmith.store.tables import ImpulseRow, Model


def store_fitted(fitted: FittedImpulse, blobs: BlobStore) -> dict[str, str]:
    """Stores the files of a trained impulse; their blobs by file name."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        save_fitted(fitted, root)
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix(): blobs.put_file(path).hash for path in paths}


def fetch_fitted(model: Model, blobs: BlobStore) -> FittedImpulse:
    """The trained impulse of a row."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content_hash in model.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(blobs.get(content_hash))
        return load_fitted(root)


def impulse_of(session: Session, project_id: int, impulse_id: int) -> ImpulseRow:
    """The design of a job.

    Raises:
        InputError: It is gone.
    """
    row = session.scalar(
        select(ImpulseRow).where(
            ImpulseRow.id == impulse_id,
            ImpulseRow.project_id == project_id,
            ImpulseRow.deleted_at.is_(None),
        )
    )
    if row is None:
        raise InputError(f"there is no impulse {impulse_id} any more")
    return row


def model_of(session: Session, project_id: int, impulse_id: int) -> Model:
    """The model that an impulse was trained into last.

    Raises:
        DesignError: It was never trained.
    """
    impulse = impulse_of(session, project_id, impulse_id)
    model = session.get(Model, impulse.model_id) if impulse.model_id is not None else None
    if model is None:
        raise DesignError(
            f"the impulse {impulse.name!r} has not been trained", hint="train it first"
        )
    return model

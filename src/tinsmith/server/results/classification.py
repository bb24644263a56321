"""Live classification: within the request if nothing has to be compiled, else as a job."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session

from tinsmith.core.hashing import digest
from tinsmith.datasets import Sample
from tinsmith.datasets.agreement import same_rate
from tinsmith.emulation import ENTRY
from tinsmith.impulse.codegen import build_sources, generate
from tinsmith.impulse.design import ImageInput
from tinsmith.impulse.features import window_spec
from tinsmith.impulse.fitted import FittedImpulse, Variant
from tinsmith.jobs.tasks.classify import KIND, classified, thresholds_of
from tinsmith.server.errors import NotFoundError
from tinsmith.signals.resample import resampled_length
from tinsmith.store.blobs import BlobStore
from tinsmith.store.tables import Artifact, Model
from tinsmith.store.trained import fetch_fitted
from tinsmith.toolchain import BuildRequest, is_built, target

# Longer recordings are classified by a job: this many windows take well under a second.
_MOST_WINDOWS = 200
_MOST_BYTES = 8 << 20
_MODELS_KEPT = 8


@dataclass
class _Kept:
    """A loaded model, and of which variants the host build is known to be cached."""

    fitted: FittedImpulse
    built: set[str]


class LoadedModels:
    """The trained impulses asked for last; may be asked from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, model: Model, blobs: BlobStore) -> FittedImpulse:
        """The trained impulse of a row."""
        return self._find(model, blobs).fitted

    def is_ready(self, model: Model, variant: Variant, blobs: BlobStore) -> bool:
        """Whether a variant runs without being compiled first."""
        kept = self._find(model, blobs)
        if variant not in kept.built and _is_built(kept.fitted, variant):
            kept.built.add(variant)
        return variant in kept.built

    def _find(self, model: Model, blobs: BlobStore) -> _Kept:
        key = digest(model.files)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = _Kept(fetch_fitted(model, blobs), set())
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _MODELS_KEPT:
                self._kept.popitem(last=False)
        return found


def _is_built(fitted: FittedImpulse, variant: Variant) -> bool:
    host = target("host")
    generated = generate(fitted, variant, host)
    sources = build_sources(generated.sources, generated.core_sources)
    return is_built(BuildRequest(target=host, sources=sources, exports=(ENTRY,)))


LOADED = LoadedModels()


def classify_now(
    session: Session, blobs: BlobStore, model: Model, sample: Sample, variant: str
) -> dict[str, Any] | None:
    """The classification, or None if it would take long: then a job does it.

    Raises:
        DatasetError: The sample does not fit the impulse.
    """
    chosen = cast("Variant", variant)
    fitted = LOADED.get(model, blobs)
    if not _is_short(sample, fitted) or not LOADED.is_ready(model, chosen, blobs):
        return None
    document = classified(fitted, sample, chosen, thresholds_of(session, model))
    return {**document, "model_id": model.id}


def _is_short(sample: Sample, fitted: FittedImpulse) -> bool:
    facts, source = sample.facts, fitted.design.input
    if facts.size_bytes > _MOST_BYTES:
        return False
    if isinstance(source, ImageInput) or not facts.interval_ms:
        return facts.frames <= _MOST_WINDOWS
    every, wanted = facts.interval_ms, source.interval_ms
    frames = facts.frames
    if not same_rate(every, wanted):
        frames = resampled_length(frames, every / wanted)
    return frames <= _MOST_WINDOWS * window_spec(source).stride_frames(wanted)


def get_classification(session: Session, project_id: int, number: int, blobs: BlobStore) -> bytes:
    """The result of a job, as JSON.

    Raises:
        NotFoundError: The project has no such classification.
    """
    row = session.get(Artifact, number)
    if row is None or row.project_id != project_id or row.kind != KIND or row.blob_hash is None:
        raise NotFoundError(f"the project has no classification {number}")
    return blobs.get(row.blob_hash)

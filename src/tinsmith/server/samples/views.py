"""Endpoints that read what is in a sample: graphs, values, spectrograms, pictures, files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tinsmith.core.hashing import digest
from tinsmith.datasets import Sample
from tinsmith.datasets.export import export
from tinsmith.datasets.views import outline_svg, spectrogram, thumbnail
from tinsmith.server.context import App, Context
from tinsmith.server.downloads import download, file_content
from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.server.projects.routes import ProjectId
from tinsmith.server.samples.finding import get_row
from tinsmith.server.samples.schemas import (
    DetailOut,
    SpectrogramOut,
    SpectrogramQuery,
    ValuesOut,
)
from tinsmith.signals import Signal
from tinsmith.store.samples import to_sample

router = APIRouter(tags=["samples"])
SampleId = Annotated[int, Path(ge=1, lt=2**63, description="The sample's number.")]
_Start = Annotated[int, Query(ge=0, lt=2**53, description="First frame.")]
_End = Annotated[
    int | None, Query(ge=1, lt=2**53, description="Frame after the last; the end if left out.")
]
_Side = Annotated[int, Query(ge=8, le=1024, description="Pixels at most.")]
IfNoneMatch = Annotated[str | None, Header(description="ETag of what the caller has already.")]

# Values of one response in JSON; .npy is sent in pieces and has no such limit.
_JSON_VALUES = 1_000_000
# A spectrogram needs all frames of its stretch in memory.
_SPECTROGRAM_FRAMES = 20_000_000


_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": file_content("image/webp", "image/svg+xml")},
    304: {"description": "What the caller has is still right."},
}


def _sample(app: Context, project_id: int, sample_id: int) -> Sample:
    with app.database.read() as session:
        return to_sample(get_row(session, project_id, sample_id), app.blobs.path)


@router.get("/projects/{project_id}/samples/{sample_id}/detail", response_model=DetailOut)
def get_sample_detail(
    project_id: ProjectId,
    sample_id: SampleId,
    app: App,
    start: _Start = 0,
    end: _End = None,
    points: Annotated[int, Query(ge=1, le=10_000, description="Entries wanted.")] = 1000,
) -> JSONResponse:
    """Least and greatest values of a part of a recording, for drawing any length at once."""
    sample = _sample(app, project_id, sample_id)
    found = app.levels.read(sample, start, sample.facts.frames if end is None else end, points)
    return JSONResponse(
        {
            "start": found.start,
            "end": found.end,
            "step": found.step,
            "frames": found.frames,
            "interval_ms": found.interval_ms,
            "axes": [sensor.name for sensor in sample.facts.sensors],
            "minimum": found.minimum.T.tolist(),
            "maximum": found.maximum.T.tolist(),
        }
    )


@router.get("/projects/{project_id}/samples/{sample_id}/values", response_model=ValuesOut)
def get_sample_values(
    project_id: ProjectId, sample_id: SampleId, app: App, start: _Start = 0, end: _End = None
) -> JSONResponse:
    """Frames of a recording as numbers; at most a million values at once."""
    sample = _sample(app, project_id, sample_id)
    last = min(sample.facts.frames, sample.facts.frames if end is None else end)
    axes = [sensor.name for sensor in sample.facts.sensors]
    if (last - start) * max(1, len(axes)) > _JSON_VALUES:
        raise UnusableError(
            f"{last - start} frames of {len(axes)} axes are wanted; at most {_JSON_VALUES} values",
            hint="ask for a shorter part, or for the values as .npy",
            fields=[FieldProblem(path="query.end", message="too many values")],
        )
    signal = app.levels.signal(sample, start, max(last, start))
    return JSONResponse(
        {
            "start": start,
            "interval_ms": signal.interval_ms,
            "axes": axes,
            "values": signal.values.tolist(),
        }
    )


@router.get(
    "/projects/{project_id}/samples/{sample_id}/values.npy",
    response_class=StreamingResponse,
    responses={200: {"content": file_content("application/octet-stream")}},
)
def download_sample_values(
    project_id: ProjectId, sample_id: SampleId, app: App, start: _Start = 0, end: _End = None
) -> StreamingResponse:
    """Frames of a recording as a NumPy file: float32 [frames, axes]."""
    sample = _sample(app, project_id, sample_id)
    last = min(sample.facts.frames, sample.facts.frames if end is None else end)
    chunks = app.levels.values(sample, start, max(last, start))
    # The first piece is read here, so that an error is still told as one.
    first = next(chunks)
    shape = (last - start, first.shape[1])
    return StreamingResponse(
        _npy(shape, first, chunks),
        media_type="application/octet-stream",
        headers={"Content-Length": str(len(_npy_header(shape)) + 4 * shape[0] * shape[1])},
    )


def _npy(
    shape: tuple[int, int],
    first: npt.NDArray[np.float32],
    rest: Iterator[npt.NDArray[np.float32]],
) -> Iterator[bytes]:
    yield _npy_header(shape)
    yield first.astype("<f4").tobytes()
    for chunk in rest:
        yield chunk.astype("<f4").tobytes()


def _npy_header(shape: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    described = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, described)
    return buffer.getvalue()


@router.get("/projects/{project_id}/samples/{sample_id}/spectrogram", response_model=SpectrogramOut)
def get_sample_spectrogram(
    project_id: ProjectId,
    sample_id: SampleId,
    app: App,
    wanted: Annotated[SpectrogramQuery, Query()],
) -> JSONResponse:
    """How much of each frequency there is at each time of one axis."""
    sample = _sample(app, project_id, sample_id)
    frames, start = sample.facts.frames, wanted.start
    last = min(frames, frames if wanted.end is None else wanted.end)
    if last - start > _SPECTROGRAM_FRAMES:
        raise UnusableError(
            f"{last - start} frames are wanted; expected at most {_SPECTROGRAM_FRAMES}",
            fields=[FieldProblem(path="query.end", message="too long")],
        )
    signal = app.levels.signal(sample, start, max(last, start))
    view = spectrogram(
        signal, wanted.axis, columns=wanted.columns, window_frames=wanted.window_frames
    )
    return JSONResponse(
        {
            "levels_db": view.levels_db.astype(np.float64).round(1).tolist(),
            "start_ms": start * signal.interval_ms,
            "step_ms": view.step_ms,
            "bin_hz": view.bin_hz,
        }
    )


@router.get(
    "/projects/{project_id}/samples/{sample_id}/thumbnail",
    response_class=Response,
    responses=_PICTURE,
)
def get_sample_thumbnail(
    project_id: ProjectId,
    sample_id: SampleId,
    app: App,
    width: _Side = 160,
    height: _Side = 120,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A small picture of a sample: WebP of a picture, an SVG drawing of a recording."""
    sample = _sample(app, project_id, sample_id)
    tag = f'"{digest(sample.content_hash, sample.span, width, height)[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    }
    if if_none_match and tag in {part.strip() for part in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    if sample.facts.kind == "image":
        data, kind = thumbnail(sample.load_image(), width, height), "image/webp"
    else:
        frames = sample.facts.frames
        short = app.levels.read(sample, 0, frames, 4 * width)
        # Two frames an entry keep the least and the greatest value of each.
        pairs = np.stack([short.minimum, short.maximum], axis=1)
        values = pairs.reshape(-1, len(sample.facts.sensors))
        drawn = Signal(values, sample.facts.interval_ms, sample.facts.sensors)
        data = outline_svg(drawn, width, height)
        kind = "image/svg+xml"
    return Response(data, media_type=kind, headers=headers)


@router.get(
    "/projects/{project_id}/samples/{sample_id}/file",
    response_class=StreamingResponse,
    responses={200: {"content": file_content("application/octet-stream", "audio/wav", "text/csv")}},
)
def download_sample(
    project_id: ProjectId,
    sample_id: SampleId,
    app: App,
    form: Annotated[
        Literal["original", "wav", "csv"],
        Query(description="What was uploaded, or the frames that are kept as WAV or CSV."),
    ] = "original",
) -> Response:
    """A sample as a file."""
    sample = _sample(app, project_id, sample_id)
    if form == "original":
        name = f"{sample.name}.{sample.format}"
        media_type = "application/octet-stream"
        return download(app.blobs, sample.content_hash, name, media_type)
    made = export(sample, form)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(made.data, media_type=made.media_type, headers=headers)

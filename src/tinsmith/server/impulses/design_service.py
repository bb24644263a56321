"""Help with designs in the making; nothing here stores anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from tinsmith.datasets import Sample
from tinsmith.impulse.autotune import Proposal, autotune
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.catalogue import catalogue
from tinsmith.impulse.design import ImageInput, TimeSeriesInput, parse_impulse
from tinsmith.impulse.preview import Preview, preview
from tinsmith.impulse.suggest import PRESETS, suggest
from tinsmith.impulse.window_sizes import WindowCandidate, suggest_windows
from tinsmith.jobs.tasks.classify import stored_sample
from tinsmith.server.context import Context
from tinsmith.server.errors import FieldProblem, NotFoundError, UnusableError
from tinsmith.server.impulses.design_schemas import (
    AutotuneIn,
    BlockCatalogue,
    PresetOut,
    PreviewIn,
    SuggestionOut,
)
from tinsmith.server.impulses.facts import no_path, project_facts, some_samples
from tinsmith.server.impulses.service import checked
from tinsmith.server.targets.service import device_of
from tinsmith.store.tables import Project

_Input = TimeSeriesInput | ImageInput
_INPUT: TypeAdapter[_Input] = TypeAdapter(Annotated[_Input, Field(discriminator="type")])
_TAGS = ("time-series", "image")
# Stands in where a design has no learning block yet: processing can be looked at without.
_PLACEHOLDER = {"id": "undecided", "type": "anomaly_kmeans"}


class KnownCosts(Cache):
    """A cache that is only read: what it does not know is not computed."""

    def json(self, kind: str, key: str, compute: Callable[[], Any]) -> Any:
        """The stored value; an empty one when absent."""
        return super().json(kind, key, compute) if self.get(kind, key) is not None else {}


def blocks(session: Session, project_id: int) -> BlockCatalogue:
    """All blocks, with what suits the project's data."""
    return BlockCatalogue.model_validate(catalogue(project_facts(session, project_id)))


def suggestion(session: Session, project_id: int, preset: str, name: str) -> SuggestionOut:
    """A first design for the project's data.

    Raises:
        DatasetError: There are no samples.
        DesignError: No such preset, or one for another kind of data.
    """
    samples = some_samples(session, project_id, no_path, "training") or some_samples(
        session, project_id, no_path
    )
    design = suggest(samples, preset, name=name)
    presets = [
        PresetOut(name=key, data=kind, help=text) for key, (kind, text, _) in PRESETS.items()
    ]
    return SuggestionOut(design=design.model_dump(mode="json"), presets=presets)


def window_sizes(
    session: Session, project_id: int, interval_ms: float | None
) -> tuple[WindowCandidate, ...]:
    """Window sizes worth trying, best first.

    Raises:
        DatasetError: There are no recordings over time.
    """
    return suggest_windows(some_samples(session, project_id, no_path), interval_ms=interval_ms)


def preview_window(context: Context, project_id: int, wanted: PreviewIn) -> Preview:
    """One window through the processing blocks of a design.

    The first preview on a machine compiles the C core, which takes seconds; later ones only run it.

    Raises:
        UnusableError: The design makes no sense.
        NotFoundError: The project has no such sample.
        InputError: The sample does not fit the design, or has no such window.
    """
    learning = wanted.design.get("learning") or [_PLACEHOLDER]
    document, _ = checked({**wanted.design, "learning": learning})
    design = parse_impulse(document)
    with context.database.read() as session:
        sample = get_sample(session, context, project_id, wanted.sample_id)
        target = session.get_one(Project, project_id).target
    if wanted.cost == "none":
        return preview(design, sample, wanted.window)
    folder = context.settings.data / "cache"
    cache = Cache(folder) if wanted.cost == "measure" else KnownCosts(folder)
    return preview(design, sample, wanted.window, device=device_of(target), cache=cache)


def get_sample(session: Session, context: Context, project_id: int, sample_id: int) -> Sample:
    """The library's view of a sample.

    Raises:
        NotFoundError: The project has no such sample.
    """
    found = stored_sample(session, project_id, sample_id, context.blobs.path)
    if found is None:
        raise NotFoundError(f"the project has no sample {sample_id}")
    return found


def proposals(context: Context, project_id: int, wanted: AutotuneIn) -> tuple[Proposal, ...]:
    """Settings that suit the project's training samples.

    Raises:
        UnusableError: The input makes no sense.
        InputError: There is no such block, or the samples do not fit.
    """
    try:
        source = _INPUT.validate_python(wanted.input)
    except ValidationError as error:
        problems = [_problem(item["loc"], item["msg"]) for item in error.errors(include_url=False)]
        raise UnusableError(
            "the input block makes no sense", hint="correct the fields named", fields=problems
        ) from error
    with context.database.read() as session:
        samples = some_samples(session, project_id, context.blobs.path, "training")
    return autotune(wanted.block, samples, source, axes=tuple(wanted.axes))


def _problem(place: tuple[int | str, ...], message: str) -> FieldProblem:
    names = [str(part) for part in place if part not in _TAGS]
    return FieldProblem(path=".".join(["body.input", *names]), message=message)

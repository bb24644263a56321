"""The job `features`: computes what an impulse's processing blocks say of all samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from tinsmith.datasets import Sample
from tinsmith.impulse.design import Impulse, parse_impulse
from tinsmith.impulse.features import FeatureTable, feature_table, window_format
from tinsmith.impulse.fit import check_design
from tinsmith.impulse.fitted import WindowFormat
from tinsmith.jobs.kind import ImpulseArguments
from tinsmith.jobs.observer import Observer
from tinsmith.jobs.task import Outcome, TaskContext
from tinsmith.jobs.tasks.models import impulse_of


class FeaturesArguments(ImpulseArguments):
    """Which impulse's features to compute."""


def features(context: TaskContext, arguments: FeaturesArguments) -> Outcome:
    """Fills the cache with the features of the training and the test samples.

    Raises:
        InputError: The samples do not fit the design or do not suffice.
    """
    with context.database.read() as session:
        impulse = impulse_of(session, context.project, arguments.impulse_id)
    design = parse_impulse(impulse.design)
    training, testing = context.samples("training"), context.samples("testing")
    samples = (*training, *testing)
    context.events.log(f"Features of {impulse.name!r} for {len(samples)} recordings")
    window = window_format(training or testing, design)
    check_design(design, window)
    observer = Observer(context.events)
    table = computed(context, samples, design, window, observer)
    for problem in table.problems:
        context.events.log(f"Note: {problem}")
    counters = observer.counters()
    context.events.log(observer.summary())

    def store(_session: Session) -> dict[str, Any]:
        return {"windows": len(table), **counters}

    return Outcome(store)


def computed(
    context: TaskContext,
    samples: Sequence[Sample],
    design: Impulse,
    window: WindowFormat,
    observer: Observer | None = None,
) -> FeatureTable:
    """The features of samples: from the cache, or computed where the context computes.

    Raises:
        InputError: The samples do not fit the design.
    """
    return feature_table(
        samples,
        design,
        window,
        cache=context.cache,
        progress=observer or Observer(context.events),
        executor=context.executor,
    )

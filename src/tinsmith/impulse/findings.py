"""Everything that is wrong or odd about a design, each with its place in the document.

Unlike `parse_impulse` and `check_design`, which stop, this goes on past every problem, so that a
form can show all of them at once beside their fields.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tinsmith.core import parameters
from tinsmith.core.errors import DesignError, TinsmithError
from tinsmith.core.parameters import Parameter
from tinsmith.datasets.agreement import same_rate
from tinsmith.datasets.augment import PARAMETERS as AUGMENTATION
from tinsmith.dsp import BLOCKS
from tinsmith.impulse.design import (
    ImageInput,
    Impulse,
    LearningBlock,
    ProcessingBlock,
    TimeSeriesInput,
    parse_impulse,
)
from tinsmith.impulse.facts import DataFacts, is_number
from tinsmith.impulse.features import window_spec
from tinsmith.impulse.fitted import PlannedBlock, WindowFormat, joint_shape, plan_block
from tinsmith.learning.config import TRAINING_PARAMETERS, network_config
from tinsmith.learning.kmeans import select_axes
from tinsmith.learning.layers import infer_shapes

Severity = Literal["error", "warning", "note"]
_Input = TimeSeriesInput | ImageInput
_Model = TypeVar("_Model", bound=BaseModel)

_INPUT: TypeAdapter[_Input] = TypeAdapter(Annotated[_Input, Field(discriminator="type")])
_LAYER = re.compile(r"layer (\d+)")
_ORDER: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """Something about one place of a document.

    Args:
        path: Keys and positions joined by dots: `processing.0.parameters.fft_length`; "" is the
            document as a whole.
        message: What was seen and what was expected.
        hint: What to do about it; may be empty.
        severity: An error keeps the design from working; a warning probably makes it worse; a note
            is worth knowing.
    """

    path: str
    message: str
    hint: str = ""
    severity: Severity = "error"

    def to_dict(self) -> dict[str, str]:
        """Plain values for JSON."""
        return asdict(self)


def check(design: Mapping[str, Any], facts: DataFacts | None = None) -> list[Finding]:
    """All findings about a design document, errors first, in the order of the document.

    Args:
        design: Plain values, as in `impulse.toml`; may be wrong in any way.
        facts: Of the samples it is meant for; None checks the document alone.
    """
    found = list(_top(design))
    source, problems = _parsed_input(design.get("input"))
    found += problems
    processing = _items(design, "processing", ProcessingBlock, found)
    learning = _items(design, "learning", LearningBlock, found)
    found += _names(processing, learning)
    window = None
    if source and facts and facts.count:
        found += _data(source, facts)
        window = _window(source, facts)
    planned = {}
    for path, item in processing.items():
        block, problems = _processing(path, item, window)
        found += problems
        if block:
            planned[item.id] = block
    for path, learner in learning.items():
        found += _learning(path, learner, [item.id for item in processing.values()], planned)
        if facts and facts.count:
            found += _labels(path, learner, facts)
    if not any(item.severity == "error" for item in found):
        found += _remaining(design)
    return sorted(dict.fromkeys(found), key=lambda item: _ORDER.index(item.severity))


def _top(design: Mapping[str, Any]) -> Iterator[Finding]:
    known = list(Impulse.model_fields)
    for key in design:
        if key not in known:
            yield Finding(str(key), f"unknown entry {key!r}", _near(str(key), known))
    for key in ("input", "processing", "learning"):
        if key not in design:
            yield Finding(key, "is missing", f"add the {key} part")


def _parsed_input(data: Any) -> tuple[_Input | None, list[Finding]]:
    if data is None:
        return None, []
    try:
        return _INPUT.validate_python(data), []
    except ValidationError as error:
        return None, _explained("input", error, skip=("time-series", "image"))


def _items(
    design: Mapping[str, Any], part: str, model: type[_Model], found: list[Finding]
) -> dict[str, _Model]:
    """The well-formed blocks of a part by their path; the others are reported."""
    given = design.get(part, [])
    if not isinstance(given, list | tuple):
        found.append(Finding(part, "is no list", "expected a list of blocks"))
        return {}
    if not given and part in design:
        found.append(Finding(part, "has no block; expected at least one", "add a block"))
    parsed = {}
    for index, item in enumerate(given):
        path = f"{part}.{index}"
        try:
            parsed[path] = model.model_validate(item)
        except ValidationError as error:
            found += _explained(path, error)
    return parsed


def _explained(path: str, error: ValidationError, skip: Sequence[str] = ()) -> list[Finding]:
    found = []
    for item in error.errors(include_url=False):
        place = [str(part) for part in item["loc"] if part not in skip]
        seen = item.get("input")
        shown = f"; found {seen!r}" if isinstance(seen, str | int | float | bool) else ""
        found.append(Finding(".".join([path, *place]), item["msg"].lower() + shown))
    return found


def _names(
    processing: Mapping[str, ProcessingBlock], learning: Mapping[str, LearningBlock]
) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    blocks: list[tuple[str, ProcessingBlock | LearningBlock]] = []
    blocks += [*processing.items(), *learning.items()]
    for path, item in blocks:
        if item.id in seen:
            yield Finding(
                f"{path}.id", f"{item.id!r} is also the id of {seen[item.id]}", "ids must differ"
            )
        elif item.id.startswith("tin_"):
            yield Finding(
                f"{path}.id", f"{item.id!r} begins with tin_, which the C core keeps to itself"
            )
        seen.setdefault(item.id, path)
    for is_anomaly, name in ((False, "classification or regression"), (True, "anomaly")):
        same = [p for p, item in learning.items() if (item.type == "anomaly_kmeans") == is_anomaly]
        for path in same[1:]:
            yield Finding(
                f"{path}.type", f"an impulse has at most one {name} block", "remove this block"
            )


def _window(source: _Input, facts: DataFacts) -> WindowFormat | None:
    """The windows the input cuts; None where the data does not allow any."""
    if isinstance(source, ImageInput):
        size = (source.height, source.width)
        return WindowFormat(source.height * source.width, ("rgb",), 0.0, size)
    axes = source.axes or facts.axes
    if facts.kind != "signal" or not axes or not set(axes) <= set(facts.axes):
        return None
    interval_ms = source.interval_ms if facts.interval_ms else 0.0
    return WindowFormat(window_spec(source).frames(interval_ms), axes, source.interval_ms)


def _data(source: _Input, facts: DataFacts) -> Iterator[Finding]:
    wanted = "image" if isinstance(source, ImageInput) else "signal"
    if facts.kind != wanted:
        names = {"image": "pictures", "signal": "recordings over time", "mixed": "of both kinds"}
        yield Finding(
            "input.type",
            f"the input takes {names[wanted]}; the samples are {names[facts.kind]}",
            "choose the other input, or put pictures and recordings into separate projects",
        )
    if source.group_key and source.group_key not in facts.metadata:
        known = ", ".join(facts.metadata) or "none"
        yield Finding(
            "input.group_key",
            f"not all samples have the metadata {source.group_key!r}",
            f"keys that all have: {known}",
        )
    if isinstance(source, TimeSeriesInput) and facts.kind == "signal":
        yield from _axes(source, facts)
        yield from _times(source, facts)


def _axes(source: TimeSeriesInput, facts: DataFacts) -> Iterator[Finding]:
    for index, name in enumerate(source.axes):
        if name not in facts.axes:
            yield Finding(
                f"input.axes.{index}",
                f"not all recordings have an axis {name!r}",
                f"axes that all have: {', '.join(facts.axes) or 'none'}",
            )


def _times(source: TimeSeriesInput, facts: DataFacts) -> Iterator[Finding]:
    if not facts.interval_ms:
        return
    shortest, median, longest = facts.durations_ms
    if source.window_ms > longest + source.interval_ms / 2:
        text = f"{source.window_ms:g} ms are longer than every recording (at most {longest:g} ms)"
        yield Finding("input.window_ms", text, "choose a shorter window",
                      "warning" if source.zero_pad else "error")  # fmt: skip
    elif source.window_ms > median + source.interval_ms / 2:
        fate = "filled up with zeros" if source.zero_pad else "left out"
        text = f"more than half of the recordings are shorter than {source.window_ms:g} ms"
        yield Finding(
            "input.window_ms", f"{text} and are {fate}", "choose a shorter window", "warning"
        )
    elif source.window_ms > shortest + source.interval_ms / 2 and not source.zero_pad:
        text = f"recordings shorter than {source.window_ms:g} ms are left out; the shortest has "
        yield Finding("input.window_ms", f"{text}{shortest:g} ms", severity="note")
    if source.stride_ms > source.window_ms:
        text = f"{source.stride_ms - source.window_ms:g} ms between two windows are not looked at"
        yield Finding("input.stride_ms", text, f"set it to {source.window_ms:g} or less", "warning")
    finer = [item for item in facts.intervals_ms if not same_rate(item, source.interval_ms)]
    slower = [item for item in finer if item > source.interval_ms]
    if slower:
        text = f"recordings at {1000 / max(slower):g} Hz are resampled to {_rate(source)}"
        yield Finding(
            "input.interval_ms", f"{text}, which adds no detail",
            f"set it to {max(slower):g}", "warning",
        )  # fmt: skip
    elif finer:
        text = f"recordings at {1000 / min(finer):g} Hz are resampled to {_rate(source)}"
        yield Finding("input.interval_ms", text, severity="note")


def _rate(source: TimeSeriesInput) -> str:
    return f"{1000 / source.interval_ms:g} Hz"


def _processing(
    path: str, item: ProcessingBlock, window: WindowFormat | None
) -> tuple[PlannedBlock | None, list[Finding]]:
    block = BLOCKS.get(item.type)
    if block is None:
        known = list(BLOCKS)
        message = f"unknown processing block {item.type!r}"
        return None, [Finding(f"{path}.type", message, _near(item.type, known))]
    found = _settings(f"{path}.parameters", block.parameters, item.parameters)
    if window is None or any(finding.severity == "error" for finding in found):
        return None, found
    unknown = [
        Finding(
            f"{path}.axes.{index}",
            f"there is no axis {name!r}",
            f"the input has {', '.join(window.axis_names)}",
        )
        for index, name in enumerate(item.axes)
        if name not in window.axis_names
    ]
    if unknown:
        return None, [*found, *unknown]
    try:
        planned = plan_block(item, window)
    except DesignError as error:
        return None, [*found, _refused(path, block.parameters, error)]
    for text in planned.plan.warnings:
        found.append(_placed(path, block.parameters, text, "", "warning"))
    return planned, found


def _refused(path: str, known: Sequence[Parameter], error: DesignError) -> Finding:
    if "axes are selected" in error.message or "axis is selected" in error.message:
        return Finding(f"{path}.axes", error.message, error.hint or "")
    if "takes" in error.message and "input" in error.message:
        return Finding(f"{path}.type", error.message, error.hint or "")
    return _placed(path, known, error.message, error.hint or "", "error")


def _placed(
    path: str, known: Sequence[Parameter], message: str, hint: str, severity: Severity
) -> Finding:
    """A finding at the parameter that its text names first, else at the block."""
    text = f"{message} {hint}"
    places = {
        parameter.name: match.start()
        for parameter in known
        if (match := re.search(rf"\b{parameter.name}\b", text))
    }
    place = f"{path}.parameters.{min(places, key=lambda name: places[name])}" if places else path
    return Finding(place, message, hint, severity)


def _settings(path: str, known: Sequence[Parameter], given: Mapping[str, Any]) -> list[Finding]:
    by_name = {parameter.name: parameter for parameter in known}
    found = []
    for name, value in given.items():
        parameter = by_name.get(name)
        if parameter is None:
            text = f"unknown setting {name!r}"
            found.append(Finding(f"{path}.{name}", text, _near(name, list(by_name))))
            continue
        try:
            parameters.check(parameter, value)
        except DesignError as error:
            found.append(Finding(f"{path}.{name}", error.message, _allowed(parameter)))
            continue
        found += _idle(path, parameter, by_name, given)
    return found


def _idle(
    path: str, parameter: Parameter, known: Mapping[str, Parameter], given: Mapping[str, Any]
) -> Iterator[Finding]:
    """A note on a setting that another one turns off."""
    if parameter.show_if is None:
        return
    name, wanted = parameter.show_if
    value = given.get(name, known[name].default)
    if value not in (wanted if isinstance(wanted, tuple) else (wanted,)):
        text = f"has no effect while {name} is {value!r}"
        yield Finding(f"{path}.{parameter.name}", text, severity="note")


def _allowed(parameter: Parameter) -> str:
    if parameter.choices:
        return f"one of {', '.join(str(choice) for choice in parameter.choices)}"
    low, high = parameter.minimum, parameter.maximum
    unit = f" {parameter.unit}" if parameter.unit else ""
    limits = f"from {low:g} to {high:g}{unit}" if low is not None and high is not None else ""
    return f"{limits}; {parameter.default} is the default".removeprefix("; ")


def _learning(
    path: str, item: LearningBlock, ids: Sequence[str], planned: Mapping[str, PlannedBlock]
) -> list[Finding]:
    found = [
        Finding(
            f"{path}.inputs.{index}",
            f"there is no processing block {name!r}",
            f"there are {', '.join(ids) or 'none'}",
        )
        for index, name in enumerate(item.inputs)
        if name not in ids
    ]
    found += _settings(f"{path}.training", TRAINING_PARAMETERS, item.training)
    found += _settings(f"{path}.augmentation", AUGMENTATION, item.augmentation)
    wanted = item.inputs or tuple(ids)
    blocks = [planned[name] for name in wanted if name in planned]
    if any(finding.severity == "error" for finding in found) or len(blocks) < len(wanted):
        return found
    if not blocks:
        return found
    if item.type == "anomaly_kmeans":
        return [*found, *_features(path, item, blocks)]
    return [*found, *_network(path, item, blocks)]


def _features(path: str, item: LearningBlock, blocks: Sequence[PlannedBlock]) -> Iterator[Finding]:
    labels = [f"{block.id}/{label}" for block in blocks for label in block.labels]
    for index, name in enumerate(item.axes):
        try:
            select_axes([name], labels)
        except DesignError as error:
            yield Finding(f"{path}.axes.{index}", error.message, error.hint or "")


def _network(path: str, item: LearningBlock, blocks: Sequence[PlannedBlock]) -> Iterator[Finding]:
    if item.type == "anomaly_kmeans":
        return
    shape = joint_shape(tuple(blocks))
    try:
        config = network_config(item.type, item.network, item.training, shape)
        infer_shapes(config.layers, shape.dims)
    except DesignError as error:
        for message in error.message.split("; "):
            layer = _LAYER.search(message)
            place = f"{path}.network.{layer[1]}" if layer else f"{path}.network"
            yield Finding(place, message, error.hint or "")


def _labels(path: str, item: LearningBlock, facts: DataFacts) -> Iterator[Finding]:
    if item.type == "anomaly_kmeans":
        return
    if not facts.labels:
        yield Finding(
            f"{path}.type", "no sample has a label", "label the samples, or use an anomaly block"
        )
    elif item.type == "classification" and len(facts.labels) < 2:
        text = f"there is one class only, {facts.labels[0]!r}; expected at least two"
        yield Finding(f"{path}.type", text, "collect another class, or use an anomaly block")
    elif item.type == "classification" and facts.has_numbers:
        text = f"the {len(facts.labels)} classes are all numbers"
        yield Finding(f"{path}.type", text, "predict the number with regression", "warning")
    elif item.type == "regression":
        names = [label for label in facts.labels if not is_number(label)]
        if names:
            text = f"{len(names)} labels are not numbers: {', '.join(names[:5])}"
            yield Finding(f"{path}.type", text, "relabel them, or use a classification block")
    if facts.labels and facts.unlabelled:
        text = f"{facts.unlabelled} of {facts.count} samples have no label and are not learned from"
        yield Finding(f"{path}.type", text, severity="note")


def _remaining(design: Mapping[str, Any]) -> list[Finding]:
    """What only the document as a whole shows."""
    try:
        parse_impulse(dict(design))
    except TinsmithError as error:
        return [Finding("", error.message, error.hint or "")]
    return []


def _near(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(known) or 'none'}"

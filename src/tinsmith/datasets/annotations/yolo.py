"""YOLO TXT: one file a picture, a line a box: class number, centre and size in shares."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import yaml

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.annotations.base import (
    Format,
    Names,
    Problems,
    Reading,
    label_of,
    number_of,
    relative_box,
    shown,
    text_of,
)
from tinsmith.datasets.index import Entry
from tinsmith.datasets.sample import Box, Problem
from tinsmith.signals import extension_of

NAME_FILES = (".names", "classes.txt", "data.yaml", "data.yml", "dataset.yaml", "obj.data")
_MAX_YAML_BYTES = 256 * 1024
_SHARE = rb"(?:[01]?\.\d+(?:[eE][-+]?\d+)?|[01]|\d(?:\.\d+)?[eE]-\d+)"
_LINE = re.compile(rb"\d{1,5}(?:[ \t]+" + _SHARE + rb"){4}")


def detect(name: str, head: bytes) -> bool:
    """Whether it is a text whose whole lines are five numbers, the last four between 0 and 1.

    An empty file is one, too: a picture without objects.
    """
    if extension_of(name) != "txt" or name.lower().endswith(NAME_FILES):
        return False
    lines = [line.strip() for line in head.split(b"\n")]
    if len(head) >= 4096:
        lines.pop()  # perhaps cut
    lines = [line for line in lines[:50] if line]
    good = sum(bool(_LINE.fullmatch(line)) for line in lines)
    return good * 10 >= len(lines) * 9


def read(name: str, data: bytes, names: Names) -> Reading:
    """One entry for the picture of the same stem.

    Raises:
        DatasetError: No text, or the file of class names is damaged.
    """
    classes, problem = _class_names(name, names)
    problems = Problems(name)
    boxes: list[Box] = []
    for number, line in enumerate(text_of(data).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            boxes.append(_box(line.split(), classes))
        except DatasetError as error:
            problems.add(f"line {number}", error)
    entry = Entry(PurePosixPath(name).stem, boxes=tuple(boxes), relative=True, by_stem=True)
    extra = (problem,) if problem and boxes else ()
    return Reading((entry,), extra + problems.listed())


def _box(fields: list[str], classes: tuple[str, ...]) -> Box:
    if len(fields) != 5:
        raise DatasetError(
            f"has {len(fields)} fields; expected class, centre x, centre y, width, height",
            hint="outlines of objects are not boxes; export detection labels",
        )
    if not re.fullmatch(r"\d{1,6}", fields[0], re.ASCII):
        raise DatasetError(f"the class is {shown(fields[0])}; expected a whole number")
    position = int(fields[0])
    if classes and position >= len(classes):
        raise DatasetError(f"the class is {position}; there are {len(classes)} class names")
    x, y, width, height = (number_of(value, "a coordinate") for value in fields[1:])
    label = classes[position] if classes else str(position)
    return relative_box(label, x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _class_names(name: str, names: Names) -> tuple[tuple[str, ...], Problem | None]:
    """Names in order of their numbers, or none and what to do about it."""
    if names.given:
        return names.given, None
    for ending in ("data.yaml", "dataset.yaml", "data.yml", ".names", "classes.txt"):
        found = names.nearest(name, ending)
        if found is None:
            continue
        path, data = found
        try:
            read_names = _from_yaml(data) if ending.endswith(("yaml", "yml")) else _from_lines(data)
        except DatasetError as error:
            raise error.at(path) from None
        if read_names:
            return read_names, None
    return (), Problem(
        name,
        "there are no class names; the numbers were used as labels",
        "add classes.txt or data.yaml, or give the class names",
    )


def _from_lines(data: bytes) -> tuple[str, ...]:
    lines = text_of(data).strip().split("\n")
    return tuple(label_of(line.strip(), "class name") for line in lines if line.strip())


def _from_yaml(data: bytes) -> tuple[str, ...]:
    """The list or numbered mapping `names`; the document is never built, so nothing can grow."""
    if len(data) > _MAX_YAML_BYTES:
        raise DatasetError(f"has {len(data)} bytes; the limit is {_MAX_YAML_BYTES}")
    try:
        root = yaml.compose(text_of(data), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DatasetError(f"is no readable YAML: {str(error)[:100]}") from None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "names" and isinstance(value, yaml.SequenceNode):
            return tuple(_scalar(item) for item in value.value)
        if key.value == "names" and isinstance(value, yaml.MappingNode):
            return _numbered({_scalar(key): _scalar(item) for key, item in value.value})
    return ()


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise DatasetError("the names hold more than texts; expected a list of class names")
    return label_of(node.value, "class name")


def _numbered(names: dict[str, str]) -> tuple[str, ...]:
    if set(names) != {str(number) for number in range(len(names))}:
        raise DatasetError("the names are not numbered 0, 1, 2, ...")
    return tuple(names[str(number)] for number in range(len(names)))


FORMAT = Format("yolo", "YOLO TXT", detect, read, needs_picture=True)

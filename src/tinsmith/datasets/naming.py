"""Labels and metadata from file names.

A pattern is a file name with fields in braces: `{label}.s{subject:02d}{side}.csv`. A field matches
as little text as possible; `:d` allows only digits, `:02d` at least two of them, `:f` a number,
`:w` letters, digits and underscores, `:1` exactly one character. `{}` matches anything and is
dropped. A pattern with a slash is matched with the path inside the folder, others with the name.

A pattern that starts with `^` or holds `(?P<` is a regular expression with named groups.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from tinsmith.core.errors import DesignError

_FIELD = re.compile(r"\{(?P<name>[^{}:]*)(?::(?P<form>[^{}]*))?\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class _Part:
    """A piece of a pattern: its regular expression, and its description for messages."""

    expression: str
    description: str


@dataclass(frozen=True)
class NamePattern:
    """A parsed pattern; make one with `parse_pattern`."""

    text: str
    expression: re.Pattern[str]
    parts: tuple[_Part, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields."""
        return tuple(self.expression.groupindex)

    def match(self, path: str) -> dict[str, str] | None:
        """The fields found in a relative path with forward slashes; None if it does not match.

        A pattern may leave out the file extension.
        """
        for subject in self._subjects(path):
            found = self.expression.fullmatch(subject)
            if found:
                return {name: value or "" for name, value in found.groupdict().items()}
        return None

    def explain(self, path: str) -> str:
        """One sentence that says where `path` stops matching."""
        subject = self._subjects(path)[0]
        if not self.parts:
            return f"{subject!r} does not match the regular expression {self.text!r}"
        head = f"{subject!r} does not match the pattern {self.text!r}"
        for count in range(len(self.parts), -1, -1):
            start = "".join(part.expression for part in self.parts[:count])
            # Fields match as little as possible, so the longest start that fits is the culprit's.
            found = re.match(start, subject)
            if found is None:
                continue
            rest = subject[found.end() :]
            if count == len(self.parts):
                return f"{head}: {rest!r} is left over at the end"
            expected = self.parts[count].description
            seen = repr(rest) if rest else "the end of the name"
            return f"{head}: after {found.group()!r} expected {expected}, found {seen}"
        return head

    def _subjects(self, path: str) -> tuple[str, ...]:
        """What the pattern may match: the name, and without extension if the pattern has none."""
        pure = PurePosixPath(path)
        whole, bare = (
            (path, str(pure.with_suffix(""))) if "/" in self.text else (pure.name, pure.stem)
        )
        has_extension = re.search(r"\.[A-Za-z0-9]+$", self.text) is not None
        return (whole,) if has_extension or not self.parts else (whole, bare)


def parse_pattern(text: str) -> NamePattern:
    """Reads a pattern or a regular expression.

    Raises:
        DesignError: It is empty, has unbalanced braces, an unknown form or a name twice, names no
            field, or is no valid regular expression.
    """
    if text.startswith("^") or "(?P<" in text:
        return _checked(text, text, ())
    parts = []
    position = 0
    for field in _FIELD.finditer(text):
        parts += _literal(text, text[position : field.start()])
        parts.append(_field(text, field["name"], field["form"] or ""))
        position = field.end()
    parts += _literal(text, text[position:])
    return _checked(text, "".join(part.expression for part in parts), tuple(parts))


def _checked(text: str, expression: str, parts: tuple[_Part, ...]) -> NamePattern:
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise DesignError(f"the pattern {text!r} is not valid: {error}") from error
    if not compiled.groupindex:
        raise DesignError(
            f"the pattern {text!r} names no field; expected one such as {{label}}",
            hint="write for example {label}.{subject}.csv",
        )
    return NamePattern(text, compiled, parts)


def _literal(text: str, piece: str) -> list[_Part]:
    if "{" in piece or "}" in piece:
        raise DesignError(f"the pattern {text!r} has a brace without its partner")
    return [_Part(re.escape(piece), repr(piece))] if piece else []


def _field(text: str, name: str, form: str) -> _Part:
    expression, description = _form(text, form)
    if name == "":
        return _Part(f"(?:{expression})", description)
    if not _NAME.fullmatch(name):
        raise DesignError(
            f"the pattern {text!r} has a field named {name!r}; expected letters, digits and _"
        )
    return _Part(f"(?P<{name}>{expression})", f"{description} for {{{name}}}")


def _form(text: str, form: str) -> tuple[str, str]:
    if form == "":
        return "[^/]+?", "some text"
    if form == "f":
        return r"[-+]?(?:\d+\.?\d*|\.\d+)", "a number"
    if form == "w":
        return r"\w+?", "letters or digits"
    if match := re.fullmatch(r"0?(\d*)d", form):
        digits = int(match[1] or 1)
        return rf"\d{{{digits},}}", "digits" if digits == 1 else f"{digits} or more digits"
    if re.fullmatch(r"[1-9]\d?", form):
        return rf"[^/]{{{form}}}", f"{form} characters"
    raise DesignError(
        f"the pattern {text!r} uses the form {form!r}; expected d, 02d, f, w or a number of "
        "characters"
    )


def label_from_name(name: str) -> str:
    """The leading run of letters, digits, spaces, `-` and `_` of a file name.

    So `idle.01.cbor` gives `idle`; a name that starts otherwise gives "".
    """
    length = 0
    while length < len(name) and (name[length].isalnum() or name[length] in " -_"):
        length += 1
    return name[:length].strip()

"""The form of an upload: files, and what holds for all of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tinsmith.server.errors import FieldProblem, UnusableError
from tinsmith.server.samples.multipart import FormReader, Part
from tinsmith.server.samples.reading import IncomingFile
from tinsmith.server.samples.schemas import Metadata
from tinsmith.server.samples.service import Choices
from tinsmith.server.text import Text

UploadCategory = Literal["training", "testing", "validation", "split"]

# How long metadata may be, as JSON.
METADATA_LENGTH = 8000


class UploadForm(BaseModel):
    """A form with files and what holds for all of them."""

    model_config = ConfigDict(extra="forbid")

    label: Text | None = Field(default=None, max_length=200)
    category: UploadCategory = "training"
    metadata: str | None = Field(
        default=None,
        max_length=METADATA_LENGTH,
        description='Facts as JSON, such as `{"subject": "7"}`.',
    )
    allow_duplicates: bool = Field(
        default=False, description="Add content that is there already once more."
    )


def form_schema() -> dict[str, Any]:
    """What the form may hold, as JSON Schema."""
    schema = UploadForm.model_json_schema()
    schema["properties"]["files"] = {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "description": "Up to 1,000 files.",
    }
    schema["required"] = ["files"]
    return schema


class Form:
    """A form while it arrives.

    Args:
        reader: Takes its entries apart; nothing has arrived yet.
    """

    def __init__(self, reader: FormReader) -> None:
        self._reader = reader
        self._fields: dict[str, str] = {}
        self._has_files = False

    def feed(self, data: bytes | memoryview) -> list[IncomingFile]:
        """The files that are complete with these bytes.

        Raises:
            ApiError: The form is broken, too large, or holds what is not expected.
        """
        files = [
            IncomingFile(part.file_name or "unnamed", part.data)
            for part in self._reader.feed(data)
            if self._is_file(part)
        ]
        self._has_files = self._has_files or bool(files)
        return files

    def close(self) -> Choices:
        """What holds for all files.

        Raises:
            ApiError: Some of the form has not arrived.
            UnusableError: There is no file, or a field is not usable.
        """
        self._reader.close()
        if not self._has_files:
            raise UnusableError(
                "the form has no file",
                fields=[FieldProblem(path="body.files", message="expected at least one file")],
            )
        return _choices(self._fields)

    def _is_file(self, part: Part) -> bool:
        """Whether a part is a file; other parts are noted."""
        if part.name == "files" and part.file_name is not None:
            return True
        if part.file_name is not None or part.name in self._fields:
            raise UnusableError(
                f"the field {part.name[:80]!r} is not expected here, or comes twice",
                hint="send files as `files`",
                fields=[FieldProblem(path=f"body.{part.name[:80]}", message="not expected")],
            )
        self._fields[part.name] = part.data.decode("utf-8", "replace")
        return False


def _choices(fields: dict[str, str]) -> Choices:
    try:
        form = UploadForm.model_validate(fields)
    except ValidationError as error:
        problems = [
            FieldProblem(
                path=".".join(["body", *(str(part)[:80] for part in item["loc"])]),
                message=item["msg"],
            )
            for item in error.errors()
        ]
        message = f"{problems[0].path}: {problems[0].message}"
        raise UnusableError(message, hint="correct the fields named", fields=problems) from None
    return Choices(form.label, form.category, metadata_of(form.metadata), form.allow_duplicates)


def metadata_of(text: str | None) -> dict[str, str]:
    """Metadata from JSON.

    Raises:
        UnusableError: It is no object of texts.
    """
    if not text:
        return {}
    try:
        return Metadata.model_validate_json(text).root
    except ValidationError:
        raise UnusableError(
            "metadata is no JSON object of texts",
            hint='expected for example {"subject": "7"}',
            fields=[FieldProblem(path="metadata", message="expected an object of texts")],
        ) from None

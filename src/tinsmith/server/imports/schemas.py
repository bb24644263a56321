"""What the API says of data sets that come and go."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.jobs.tasks.export_data import ExportArguments
from tinsmith.server.jobs.schemas import LimitsIn
from tinsmith.server.text import Text


class ImportForm(BaseModel):
    """The fields of a form with files; those that are no texts are JSON."""

    model_config = ConfigDict(extra="forbid")

    options: str = Field(
        default="{}",
        max_length=32 * 1024,
        description='How the files are imported, as JSON, such as `{"category": "split"}`.',
    )


class FormatOut(BaseModel):
    """A format of annotations that is read."""

    model_config = ConfigDict(extra="forbid")

    key: str
    title: str


class ImportedFile(BaseModel):
    """One file of an import, or a problem with one."""

    model_config = ConfigDict(extra="forbid")

    path: str
    status: Literal["read", "problem"]
    name: str | None = None
    label: str | None = None
    category: str | None = None
    segments: int = 0
    boxes: int = 0
    is_matched: bool | None = Field(
        default=None, description="Whether an annotation is about it; null without annotations."
    )
    message: str | None = None
    hint: str | None = None


class UndoneOut(BaseModel):
    """How many samples of an import were put into the trash."""

    model_config = ConfigDict(extra="forbid")

    removed: int


class ExportIn(LimitsIn, ExportArguments):
    """Which samples to pack."""

    query: Text = Field(default="", max_length=2000)

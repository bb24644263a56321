"""Tables that come as single uploads, read by the project's rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinsmith.datasets.import_rule import ImportRule
from tinsmith.server.samples import service
from tinsmith.server.samples.service import Decoded, IncomingFile
from tinsmith.store.intake.tables import TablePart, is_table, read_parts
from tinsmith.store.tables import Project

if TYPE_CHECKING:
    from tinsmith.server.context import Context


def read_by_rule(context: Context, project_id: int, file: IncomingFile) -> list[Decoded]:
    """The samples of a table by the project's rule; none if it has no rule or this is no table.

    Raises:
        InputError: The rule does not fit the table; the message names the line. No row was stored.
    """
    name = service.clean_name(file.name)
    if not is_table(name):
        return []
    with context.database.read() as session:
        project = session.get(Project, project_id)
        stored = project.import_rule if project is not None else {}
    if not stored:
        return []
    # All of them before any is stored: a problem may stand in the last line.
    parts = list(read_parts(file.data, name, ImportRule.model_validate(stored)))
    return [_decoded(context, name, file.data, part) for part in parts]


def _decoded(context: Context, name: str, data: bytes, part: TablePart) -> Decoded:
    """One part as an upload of its own, with what the table says of it."""
    own = part.data is None
    file = IncomingFile(name if own else f"{part.name}.cbor", data if own else part.data or b"")
    read = service.decode_file(file, list, context.blobs, context.levels, part.options)
    said = part.decoded
    label = said.label if said.label is not None else "" if said.segments else read.sample.label
    sample = read.sample.with_(
        label=label, segments=said.segments, metadata={**read.sample.metadata, **said.metadata}
    )
    return Decoded(sample, read.signature)

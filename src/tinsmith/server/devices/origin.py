"""What an upload says of the device it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from fastapi import Header, Request

from tinsmith.server.errors import FieldProblem, UnusableError

_ENCODED = "UTF-8''"
_LENGTH = 200


@dataclass(frozen=True)
class Origin:
    """Where a recording comes from.

    Args:
        device: What the device calls itself; empty: no device is named.
        request_id: The request that the device was sent, if it was; empty: none.
    """

    device: str = ""
    request_id: str = ""


async def note_origin(
    request: Request,
    x_device: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=600,
            description="Identifier of the device, which is made at first sight; `UTF-8''` and "
            "percent-encoded where it is not ASCII.",
        ),
    ] = None,
    x_sampling_request: Annotated[
        str | None,
        Header(pattern=r"^[0-9a-f]{32}$", description="The request that this recording answers."),
    ] = None,
) -> None:
    """Reads the headers of an upload, for `origin_of`.

    Raises:
        UnusableError: The identifier is too long or cannot be printed.
    """
    device = x_device or ""
    if device.startswith(_ENCODED):
        device = unquote(device.removeprefix(_ENCODED), errors="replace")
    if x_device is not None and not (0 < len(device) <= _LENGTH and device.isprintable()):
        raise UnusableError(
            f"the device is named by {len(device)} characters; expected 1 to {_LENGTH} that can "
            "be printed",
            fields=[FieldProblem(path="header.x-device", message="not usable")],
        )
    request.state.origin = Origin(device, x_sampling_request or "")


def origin_of(request: Request) -> Origin:
    """What `note_origin` read."""
    found: Origin = request.state.origin
    return found

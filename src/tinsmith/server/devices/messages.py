"""What devices and the server say to each other through the WebSocket, one JSON text a message.

device   hello                                   who it is and what it can record
server   welcome                                 it is known now
server   sample  request_id …                    please record
device   started, progress, uploading, finished  how that goes; the recording itself comes
                                                 through the upload endpoint, with the headers
                                                 that the request named
device   error   request_id                      it does not go
server   cancel  request_id                      no longer wanted
device   alive                                   nothing new; also keeps a request from running
                                                 into its time-out
server   refused                                 the last message was not understood
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tinsmith.server.text import Text

PROTOCOL: Final = 1
Name = Annotated[Text, Field(min_length=1, max_length=200)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class SensorCapability(_Message):
    """Something a device can record with."""

    name: Name
    units: Annotated[Text, Field(max_length=40)] = ""
    max_length_ms: float | None = Field(
        default=None, gt=0, le=1e9, description="The longest recording; null: no limit known."
    )
    frequencies_hz: list[Annotated[float, Field(gt=0, le=1e9)]] = Field(
        default=[], max_length=100, description="Rates it offers; empty: whatever it does."
    )


class Hello(_Message):
    """The first message of a device."""

    type: Literal["hello"]
    protocol: Literal[1] = PROTOCOL
    identifier: Name = Field(description="What it calls itself for good, such as its MAC address.")
    device_type: Annotated[Text, Field(max_length=200)] = ""
    name: Name | None = Field(default=None, description="For people; used at first sight only.")
    sensors: list[SensorCapability] = Field(default=[], max_length=100)


class _OnRequest(_Message):
    request_id: str = Field(pattern=r"^[0-9a-f]{32}$")


class Started(_OnRequest):
    """The device has begun to record."""

    type: Literal["started"]


class Progress(_OnRequest):
    """How far the recording is."""

    type: Literal["progress"]
    fraction: float = Field(ge=0, le=1)


class Uploading(_OnRequest):
    """The recording is done and on its way."""

    type: Literal["uploading"]


class Finished(_OnRequest):
    """The upload was answered."""

    type: Literal["finished"]


class Failed(_OnRequest):
    """The device cannot do it."""

    type: Literal["error"]
    message: Annotated[Text, Field(max_length=1000)] = ""


class Alive(_Message):
    """The device is there."""

    type: Literal["alive"]


DeviceMessage = Annotated[
    Started | Progress | Uploading | Finished | Failed | Alive, Field(discriminator="type")
]
parse_hello = TypeAdapter(Hello).validate_json
parse_message = TypeAdapter[Started | Progress | Uploading | Finished | Failed | Alive](
    DeviceMessage
).validate_json


def welcome(device_id: int, moment: datetime, alive_every_s: float) -> dict[str, Any]:
    """The answer to a hello."""
    return {
        "type": "welcome",
        "protocol": PROTOCOL,
        "device_id": device_id,
        "server_time": moment.isoformat(),
        "alive_every_s": alive_every_s,
    }


def refused(code: str, message: str, hint: str) -> dict[str, Any]:
    """The answer to what is not understood."""
    return {"type": "refused", "code": code, "message": message, "hint": hint}

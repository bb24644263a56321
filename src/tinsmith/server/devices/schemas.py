"""What the API says of devices and of recording from afar."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tinsmith.server.devices.messages import Name, SensorCapability
from tinsmith.server.text import Text


class DeviceOut(BaseModel):
    """A device."""

    model_config = ConfigDict(extra="forbid")

    id: int
    identifier: str = Field(description="What the device calls itself.")
    name: str
    type: str
    sensors: list[SensorCapability]
    connected: bool = Field(description="Whether it can be asked to record.")
    last_seen_at: datetime | None
    created_at: datetime


class DeviceChange(BaseModel):
    """What changes about a device."""

    model_config = ConfigDict(extra="forbid")

    name: Name


class SamplingIn(BaseModel):
    """What a device is to record."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    sensor: Name = Field(description="One of the device's sensors.")
    length_ms: float = Field(gt=0, le=1e9, description="How long to record.")
    frequency_hz: float | None = Field(
        default=None, gt=0, le=1e9, description="How fast; null leaves it to the device."
    )
    label: Annotated[Text, Field(max_length=200)] | None = Field(
        default=None, description="Its label; null lets the file's name decide."
    )
    category: Literal["training", "testing", "validation", "split"] = "training"


class SamplingOut(BaseModel):
    """A recording that a device was asked for."""

    model_config = ConfigDict(extra="forbid")

    id: str
    project_id: int
    device_id: int
    identifier: str
    sensor: str
    length_ms: float
    frequency_hz: float | None
    label: str | None
    category: str
    state: Literal[
        "waiting", "recording", "uploading", "finished", "failed", "cancelled", "timed_out"
    ]
    progress: float = Field(description="0 to 1.")
    sample_id: int | None = Field(description="The recording, once it has arrived.")
    error: str | None
    created_by: int | None
    created_at: datetime
    updated_at: datetime

"""What the C core's status codes mean."""

from __future__ import annotations

from tinsmith.core.errors import VerificationError

_NAMES = {
    -1: "an argument or configuration value is out of range",
    -2: "a buffer or signal has the wrong length",
    -3: "reading the signal failed",
    -4: "not ready",
    -5: "cancelled",
}


def check_status(status: int, *, target: str, window: int) -> None:
    """Raises `VerificationError` unless `status` is success."""
    if status != 0:
        meaning = _NAMES.get(status, "unknown")
        raise VerificationError(
            f"{target}: the build returned status {status} ({meaning}) for window {window}",
            hint="the impulse's configuration does not pass the C core's own checks",
        )

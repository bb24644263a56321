"""Tinsmith: machine learning on small devices, from recordings to verified firmware."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tinsmith.client import AsyncClient, Client

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "__version__"]


def __getattr__(name: str) -> type:
    """The clients, loaded when they are first asked for, so that `import tinsmith` stays fast."""
    if name in ("AsyncClient", "Client"):
        from tinsmith import client

        found: type = getattr(client, name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

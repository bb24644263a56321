"""Looks after uploads while the server runs: finishes what was cut off, forgets what expired."""

from __future__ import annotations

import logging
import threading

from tinsmith.server.context import Context
from tinsmith.server.uploads import service

log = logging.getLogger("tinsmith.uploads")
_EVERY_S = 3600.0


class Upkeep:
    """A thread that tidies up at the start and then every hour."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="uploads", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is being done."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            for work in (service.recover, service.clean_up):
                try:
                    work(self._context)
                except Exception:
                    log.exception("uploads could not be tidied up; trying again later")
            self._stopped.wait(_EVERY_S)

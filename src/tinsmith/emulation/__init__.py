"""Running builds on this host, on emulated Cortex-M and in WebAssembly, with exact costs."""

from tinsmith.emulation.report import ENTRY, Cost, Layout, RunReport
from tinsmith.emulation.run import run

__all__ = ["ENTRY", "Cost", "Layout", "RunReport", "run"]

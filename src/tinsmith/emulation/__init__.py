"""Running builds on this host, on emulated Cortex-M and in WebAssembly, with exact costs."""

from tinsmith.emulation.report import Cost, Layout, RunReport
from tinsmith.emulation.run import run

__all__ = ["Cost", "Layout", "RunReport", "run"]

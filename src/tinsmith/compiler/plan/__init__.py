"""The memory plan: what needs memory when, what may lie over what, and where it all goes."""

from tinsmith.compiler.plan.buffers import ALIGNMENT, Buffer, Overlap, State
from tinsmith.compiler.plan.memory import MemoryPlan, StepMemory, plan_memory, printable, table
from tinsmith.compiler.plan.place import place
from tinsmith.compiler.plan.steps import Step, whole_steps

__all__ = [
    "ALIGNMENT",
    "Buffer",
    "MemoryPlan",
    "Overlap",
    "State",
    "Step",
    "StepMemory",
    "place",
    "plan_memory",
    "printable",
    "table",
    "whole_steps",
]

"""The memory plan: what needs memory when, what may lie over what, and where it all goes."""

from tinsmith.compiler.plan.buffers import ALIGNMENT, Buffer, Overlap, State, state_of
from tinsmith.compiler.plan.check import check_plan
from tinsmith.compiler.plan.choose import MEMORY, Network, choose_steps
from tinsmith.compiler.plan.memory import MemoryPlan, StepMemory, plan_memory, printable, table
from tinsmith.compiler.plan.place import place
from tinsmith.compiler.plan.steps import Step, whole_steps
from tinsmith.compiler.plan.stream import Stage, Stream

__all__ = [
    "ALIGNMENT",
    "MEMORY",
    "Buffer",
    "MemoryPlan",
    "Network",
    "Overlap",
    "Stage",
    "State",
    "Step",
    "StepMemory",
    "Stream",
    "check_plan",
    "choose_steps",
    "place",
    "plan_memory",
    "printable",
    "state_of",
    "table",
    "whole_steps",
]

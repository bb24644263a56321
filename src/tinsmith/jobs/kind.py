"""What makes a kind of job: what may be asked of it, and the function that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tinsmith.core.errors import InputError
from tinsmith.jobs.task import Outcome, TaskContext


class Arguments(BaseModel):
    """What may be asked of a kind of job; checked when it is queued and again when it runs."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ImpulseArguments(Arguments):
    """Jobs on an impulse."""

    impulse_id: int = Field(ge=1, lt=2**63, description="The impulse.")


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Kind(Generic[A]):
    """A kind of job.

    Args:
        arguments: What may be asked.
        run: Does it, in a process of its own, and hands back what to store.
    """

    arguments: type[A]
    run: Callable[[TaskContext, A], Outcome]

    def check(self, arguments: dict[str, Any]) -> A:
        """Arguments with all defaults filled in.

        Raises:
            InputError: They are not what this kind takes; names each field.
        """
        try:
            return self.arguments.model_validate(arguments)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(str(part) for part in item['loc']) or 'arguments'}: {item['msg']}"
                for item in error.errors()
            )
            raise InputError(problems, hint="correct the arguments named") from error

"""All kinds of jobs, by name; each is one file with one function of the same name."""

from __future__ import annotations

from tinsmith.jobs.task import Task
from tinsmith.jobs.tasks.deploy import deploy
from tinsmith.jobs.tasks.profile import profile
from tinsmith.jobs.tasks.test import test
from tinsmith.jobs.tasks.train import train

TASKS: dict[str, Task] = {"train": train, "test": test, "profile": profile, "deploy": deploy}

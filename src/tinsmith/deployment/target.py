"""Deployment targets: the forms in which a verified impulse is handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tinsmith.core.errors import DesignError
from tinsmith.deployment import cpp_library
from tinsmith.deployment.subject import Subject
from tinsmith.deployment.verify import Verification


@dataclass(frozen=True)
class DeploymentTarget:
    """Manifest of one form.

    Args:
        name: Identifier in commands.
        title, description: For screens and docs.
        package: (subject, verification) -> files by path; deterministic.
    """

    name: str
    title: str
    description: str
    package: Callable[[Subject, Verification], dict[str, bytes]]


DEPLOYMENT_TARGETS: dict[str, DeploymentTarget] = {
    item.name: item
    for item in (
        DeploymentTarget(
            name="cpp-library",
            title="C and C++ library",
            description="Sources with a C and a C++ interface, examples, CMake and Make files; "
            "builds with any C99 compiler.",
            package=cpp_library.package,
        ),
    )
}


def deployment_target(name: str) -> DeploymentTarget:
    """The deployment target called `name`.

    Raises:
        DesignError: There is no such target.
    """
    if name not in DEPLOYMENT_TARGETS:
        raise DesignError(
            f"unknown deployment target {name!r}; expected one of {', '.join(DEPLOYMENT_TARGETS)}",
            hint="choose one of the listed targets",
        )
    return DEPLOYMENT_TARGETS[name]

"""Models and test results of a project."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.sending import Endpoint, listed
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import Model, TestResult

_MODELS = "/projects/{project_id}/models"
_LIST_MODELS = Endpoint("list_models", "GET", _MODELS, tuple[Model, ...])
_GET_MODEL = Endpoint("get_model", "GET", _MODELS + "/{model_id}", Model)
_LIST_RESULTS = Endpoint(
    "list_test_results", "GET", "/projects/{project_id}/test-results", tuple[TestResult, ...]
)


class Models(ProjectResource[M]):
    """Trained impulses."""

    @iteration
    def list(
        self, *, impulse_id: int | None = None, limit: int = 100
    ) -> Generator[Step | Item[Model], Any, None]:
        """The newest models, of all impulses or of one, newest first."""
        query = {"impulse_id": impulse_id, "limit": limit}
        return listed(_LIST_MODELS, query, project_id=self.project_id)

    @operation
    def get(self, model_id: int) -> Generator[Step, Any, Model]:
        """One model."""
        return _GET_MODEL(project_id=self.project_id, model_id=model_id)


class TestResults(ProjectResource[M]):
    """What model testing found, one result for each variant."""

    __test__ = False  # Not a test, whatever its name says.

    @iteration
    def list(
        self, *, model_id: int | None = None, limit: int = 100
    ) -> Generator[Step | Item[TestResult], Any, None]:
        """The newest results, of all models or of one, newest first."""
        query = {"model_id": model_id, "limit": limit}
        return listed(_LIST_RESULTS, query, project_id=self.project_id)

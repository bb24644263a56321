"""What jobs found: models, their costs and their tests."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Literal

from tinsmith.client.driving import M
from tinsmith.client.operation import ProjectResource, iteration, operation
from tinsmith.client.sending import Endpoint, Page, paged
from tinsmith.client.steps import Item, Step
from tinsmith.client.types import (
    Model,
    ModelDetail,
    Profile,
    ProfileDetail,
    TestResult,
    TestResultDetail,
    WindowResult,
)

Variant = Literal["float32", "int8"]

_MODELS = "/projects/{project_id}/models"
_LIST_MODELS = Endpoint("list_models", "GET", _MODELS, Page[Model])
_GET_MODEL = Endpoint("get_model", "GET", _MODELS + "/{model_id}", ModelDetail)
_DELETE_MODEL = Endpoint("delete_model", "DELETE", _MODELS + "/{model_id}", type(None))
_RESULTS = "/projects/{project_id}/test-results"
_LIST_RESULTS = Endpoint("list_test_results", "GET", _RESULTS, Page[TestResult])
_GET_RESULT = Endpoint("get_test_result", "GET", _RESULTS + "/{result_id}", TestResultDetail)
_WINDOWS = Endpoint(
    "list_window_results", "GET", _RESULTS + "/{result_id}/windows", Page[WindowResult]
)
_PROFILES = "/projects/{project_id}/profiles"
_LIST_PROFILES = Endpoint("list_profiles", "GET", _PROFILES, Page[Profile])
_GET_PROFILE = Endpoint("get_profile", "GET", _PROFILES + "/{profile_id}", ProfileDetail)


class Models(ProjectResource[M]):
    """Trained impulses."""

    @iteration
    def list(self, *, impulse_id: int | None = None) -> Generator[Step | Item[Model], Any, None]:
        """The models of all impulses or of one, newest first."""
        return paged(_LIST_MODELS, {"impulse_id": impulse_id}, project_id=self.project_id)

    @operation
    def get(self, model_id: int) -> Generator[Step, Any, ModelDetail]:
        """One model with its design and the history of its training."""
        return _GET_MODEL(project_id=self.project_id, model_id=model_id)

    @operation
    def delete(self, model_id: int) -> Generator[Step, Any, None]:
        """Forgets a model with its tests and profiles."""
        return _DELETE_MODEL(project_id=self.project_id, model_id=model_id)


class TestResults(ProjectResource[M]):
    """What model testing found, one result for each variant."""

    __test__ = False  # Not a test, whatever its name says.

    @iteration
    def list(
        self,
        *,
        impulse_id: int | None = None,
        model_id: int | None = None,
        variant: Variant | None = None,
    ) -> Generator[Step | Item[TestResult], Any, None]:
        """The results of all models, of an impulse's or of one, newest first."""
        query = {"impulse_id": impulse_id, "model_id": model_id, "variant": variant}
        return paged(_LIST_RESULTS, query, project_id=self.project_id)

    @operation
    def get(
        self,
        result_id: int,
        *,
        minimum_confidence: float | None = None,
        anomaly: float | None = None,
        largest_error: float | None = None,
    ) -> Generator[Step, Any, TestResultDetail]:
        """One result, judged by these thresholds, else the saved ones; nothing runs again."""
        query = {
            "minimum_confidence": minimum_confidence,
            "anomaly": anomaly,
            "largest_error": largest_error,
        }
        return _GET_RESULT(project_id=self.project_id, result_id=result_id, query=query)

    @iteration
    def windows(
        self, result_id: int, *, only: Literal["wrong", "right"] | None = None
    ) -> Generator[Step | Item[WindowResult], Any, None]:
        """Every window of a test, wrong ones first."""
        query = {"only": only, "limit": 1000}
        return paged(_WINDOWS, query, project_id=self.project_id, result_id=result_id)


class Profiles(ProjectResource[M]):
    """What models cost on targets."""

    @iteration
    def list(self, *, model_id: int | None = None) -> Generator[Step | Item[Profile], Any, None]:
        """The profiles of all models or of one, newest first."""
        return paged(_LIST_PROFILES, {"model_id": model_id}, project_id=self.project_id)

    @operation
    def get(self, profile_id: int) -> Generator[Step, Any, ProfileDetail]:
        """One profile, stage by stage."""
        return _GET_PROFILE(project_id=self.project_id, profile_id=profile_id)

"""Methods written once that block in a client and are awaited in an asynchronous one."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from tinsmith.client.driving import Awaiting, Blocking, Driver, M
from tinsmith.client.steps import ItemSteps, Steps

P = ParamSpec("P")
T = TypeVar("T")


class Resource(Generic[M]):
    """Operations on one kind of thing."""

    def __init__(self, driver: Driver[M]) -> None:
        # `Any`, as the descriptors below know which driver has which kind of results.
        self.driver: Any = driver


class ProjectResource(Resource[M]):
    """Operations on one kind of thing within a project."""

    def __init__(self, driver: Driver[M], project_id: int) -> None:
        super().__init__(driver)
        self.project_id = project_id


class operation(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A method that takes steps to a result: `-> T` where blocking, `-> Coroutine[T]` else."""

    def __init__(self, method: Callable[Concatenate[Any, P], Steps[T]]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Resource[Blocking], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, instance: Resource[Awaiting], owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: Resource[Any] | None, owner: type) -> Any:
        if instance is None:
            return self
        return _bound(self._method, instance, instance.driver.run)


class iteration(Generic[P, T]):  # noqa: N801 - used as a decorator
    """A method that hands out items: `-> Iterator[T]`, or `-> AsyncIterator[T]` if awaited."""

    def __init__(self, method: Callable[Concatenate[Any, P], ItemSteps[T]]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Resource[Blocking], owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(
        self, instance: Resource[Awaiting], owner: type
    ) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, instance: Resource[Any] | None, owner: type) -> Any:
        if instance is None:
            return self
        return _bound(self._method, instance, instance.driver.iterate)


def _bound(
    method: Callable[..., Any], instance: Resource[Any], drive: Callable[[Any], Any]
) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*arguments: Any, **options: Any) -> Any:
        return drive(method(instance, *arguments, **options))

    return call

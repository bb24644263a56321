"""A Tinsmith server from Python: `Client` blocks, `AsyncClient` is awaited, both do the same."""

from __future__ import annotations

from collections.abc import Generator
from types import TracebackType
from typing import Any, Self

import httpx

from tinsmith.client.driving import Awaiting, AwaitingDriver, Blocking, BlockingDriver, Driver, M
from tinsmith.client.login import Login, find_login
from tinsmith.client.operation import Resource, operation
from tinsmith.client.resources.deployments import Deployments
from tinsmith.client.resources.devices import Devices
from tinsmith.client.resources.exports import Exports
from tinsmith.client.resources.imports import DataSets
from tinsmith.client.resources.impulses import Impulses
from tinsmith.client.resources.jobs import Jobs
from tinsmith.client.resources.keys import Keys
from tinsmith.client.resources.projects import Projects
from tinsmith.client.resources.results import Models, Profiles, TestResults
from tinsmith.client.resources.samples import Samples
from tinsmith.client.resources.versions import Versions
from tinsmith.client.sending import Endpoint, Patience
from tinsmith.client.steps import Step
from tinsmith.client.types import About, Me

_ABOUT = Endpoint("get_about", "GET", "/about", About)
_ME = Endpoint("get_me", "GET", "/me", Me)
_LINK = Endpoint("create_session_from_link", "POST", "/sessions/link", Me)

# Large files are decoded before the server answers; live logs are never silent for longer.
_TIMEOUT = httpx.Timeout(120.0, connect=10.0)


class ProjectClient(Resource[M]):
    """What is in one project.

    Args:
        driver: Carries out requests.
        project_id: The project's number.
    """

    def __init__(self, driver: Driver[M], project_id: int) -> None:
        super().__init__(driver)
        self.id = project_id
        self.samples = Samples(driver, project_id)
        self.impulses = Impulses(driver, project_id)
        self.jobs = Jobs(driver, project_id)
        self.models = Models(driver, project_id)
        self.profiles = Profiles(driver, project_id)
        self.test_results = TestResults(driver, project_id)
        self.deployments = Deployments(driver, project_id)
        self.devices = Devices(driver, project_id)
        self.versions = Versions(driver, project_id)
        self.data_sets = DataSets(driver, project_id)
        self.exports = Exports(driver, project_id)


class _Server(Resource[M]):
    """What both clients can do."""

    def __init__(self, driver: Driver[M], login: Login) -> None:
        super().__init__(driver)
        self.url = login.url
        self.projects = Projects(driver)
        self.keys = Keys(driver)
        self._typed_driver = driver

    def project(self, project_id: int) -> ProjectClient[M]:
        """What is in a project; asks nothing yet."""
        return ProjectClient(self._typed_driver, project_id)

    @operation
    def about(self) -> Generator[Step, Any, About]:
        """Name and version of the server."""
        return _ABOUT()

    @operation
    def me(self) -> Generator[Step, Any, Me]:
        """Whose key this is.

        Raises:
            NotSignedInError: There is none, or it does not count.
        """
        return _ME()

    @operation
    def sign_in(self, token: str) -> Generator[Step, Any, Me]:
        """Signs in by the token of a one-time link, for as long as this client lives."""
        return _LINK(body={"token": token})


class Client(_Server[Blocking]):
    """A server, with methods that return when they are done. Threads may share one.

    Args:
        url: Its address; else `TINSMITH_URL`, else the one of `tinsmith login`.
        key: An API key; else `TINSMITH_API_KEY`, else the one of `tinsmith login`.
        retries: How often a request that may be repeated is, when the server does not answer.
        timeout: Seconds without a byte after which a request counts as failed.
        transport: Carries the requests instead of the network, as in tests.

    Raises:
        InputError: Nothing says which server.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        retries: int = 5,
        timeout: float | httpx.Timeout = _TIMEOUT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        login = find_login(url, key)
        http = httpx.Client(
            base_url=login.url, headers=_headers(login), timeout=timeout, transport=transport
        )
        self._driver = BlockingDriver(http, Patience(retries))
        super().__init__(self._driver, login)

    def close(self) -> None:
        """Ends all connections."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(_Server[Awaiting]):
    """A server, with methods that are awaited; see `Client` for its settings.

    Several can run at the same time in one event loop (asyncio). Files are read and written in it.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        retries: int = 5,
        timeout: float | httpx.Timeout = _TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        login = find_login(url, key)
        http = httpx.AsyncClient(
            base_url=login.url, headers=_headers(login), timeout=timeout, transport=transport
        )
        self._driver = AwaitingDriver(http, Patience(retries))
        super().__init__(self._driver, login)

    async def close(self) -> None:
        """Ends all connections."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        await self.close()


def _headers(login: Login) -> dict[str, str]:
    from tinsmith import __version__

    headers = {"User-Agent": f"tinsmith/{__version__}", "Accept": "application/json"}
    return {**headers, "x-api-key": login.key} if login.key else headers

"""The application: every feature's endpoints under `/api/v1`, behind one check of permissions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from tinsmith import __version__
from tinsmith.server import errors
from tinsmith.server.accounts.routes import router as accounts
from tinsmith.server.answers import Answers
from tinsmith.server.audit.routes import router as audit
from tinsmith.server.bodies import Bodies
from tinsmith.server.collaborators.routes import router as collaborators
from tinsmith.server.context import Context
from tinsmith.server.deployments.routes import router as deployments
from tinsmith.server.devices.routes import router as devices
from tinsmith.server.document import describe
from tinsmith.server.explorer.routes import router as explorer
from tinsmith.server.imports.routes import router as imports
from tinsmith.server.impulses.design_routes import router as design
from tinsmith.server.impulses.routes import router as impulses
from tinsmith.server.invitations.routes import router as invitations
from tinsmith.server.jobs.routes import router as jobs
from tinsmith.server.keys.routes import router as keys
from tinsmith.server.organizations.routes import router as organizations
from tinsmith.server.pages import router as pages
from tinsmith.server.projects.routes import router as projects
from tinsmith.server.results.classification_routes import router as classification
from tinsmith.server.results.routes import router as results
from tinsmith.server.results.testing_routes import router as testing
from tinsmith.server.samples.bulk_routes import router as many_samples
from tinsmith.server.samples.routes import router as samples
from tinsmith.server.samples.uploads import quick as quick_uploads
from tinsmith.server.samples.uploads import router as uploads
from tinsmith.server.samples.views import router as sample_views
from tinsmith.server.security import check_table, require_permission
from tinsmith.server.system.routes import router as system
from tinsmith.server.targets.routes import router as targets
from tinsmith.server.transfer.routes import router as transfer
from tinsmith.server.uploads.routes import router as resumable
from tinsmith.server.uploads.upkeep import Upkeep
from tinsmith.server.users.routes import router as users
from tinsmith.server.versions.routes import router as versions
from tinsmith.server.wizard.routes import router as tables

API = "/api/v1"
ROUTERS = (
    # Called most often, and found in this order.
    quick_uploads,
    uploads,
    system,
    accounts,
    users,
    organizations,
    invitations,
    audit,
    transfer,
    projects,
    collaborators,
    keys,
    resumable,
    imports,
    tables,
    many_samples,
    samples,
    sample_views,
    targets,
    design,
    impulses,
    jobs,
    results,
    testing,
    classification,
    explorer,
    deployments,
    versions,
    devices,
)
# Downloads that compression makes hardly smaller, or that say beforehand how long they are.
_NOT_SMALLER = (
    "application/octet-stream", "application/x-tar", "application/zip", "image/*", "text/csv",
)  # fmt: skip

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: errors.described(text)
    for status, text in {
        400: "Not understood.",
        401: "Nobody is signed in, or the key does not count.",
        403: "Not allowed.",
        404: "There is no such thing.",
        409: "Its state does not allow it.",
        412: "Somebody else has changed it.",
        413: "Too large.",
        415: "The body is of another type than the endpoint takes.",
        422: "Well-formed, but not usable; says which field.",
        429: "Too many tries.",
        503: "Something the server needs does not answer.",
    }.items()
}


class Compression(GZipMiddleware):
    """Leaves what devices send alone: they do not ask for it, and no cache keeps the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] == "http" and scope["method"] == "POST" and not _asks(scope):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _asks(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])


def create_app(context: Context) -> FastAPI:
    """The application of a running server.

    Raises:
        InternalError: An endpoint has no permission in the table.
    """

    check_table(ROUTERS)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        context.dispatcher.start()
        upkeep = Upkeep(context)
        upkeep.start()
        yield
        upkeep.stop()
        context.devices.close()
        context.receivers.close()
        context.dispatcher.stop()
        context.database.close()

    app = FastAPI(
        title="Tinsmith",
        version=__version__,
        summary="Machine learning on small devices: data, impulses, models, verified firmware.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.context = context
    allowed = [Depends(require_permission)]
    for router in ROUTERS:
        with_numbers(router)
        # Not by way of a router of routers: FastAPI would look for each route three times.
        app.include_router(router, prefix=API, dependencies=allowed, responses=_ERRORS)
    app.include_router(pages)
    errors.install(app)
    describe(app)
    # What is added last is the outermost.
    app.add_middleware(Bodies)
    app.add_middleware(
        Compression,
        minimum_size=2048,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *_NOT_SMALLER),
    )
    app.add_middleware(Answers, prefix=API)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def with_numbers(router: APIRouter) -> None:
    """Makes every number in a path a number to the router too.

    Otherwise `/jobs/train` would also be a job's address, and `GET` possible there in name.
    """
    for route in router.routes:
        if isinstance(route, APIRoute):
            names = [
                item.name
                for item in route.dependant.path_params
                if item.field_info.annotation is int
            ]
            for name in names:
                route.path = route.path.replace(f"{{{name}}}", f"{{{name}:int}}")
            route.path_regex, route.path_format, route.param_convertors = compile_path(route.path)

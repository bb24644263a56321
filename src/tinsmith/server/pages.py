"""The few pages a server shows by itself: what it is, signing in by a link, the API's endpoints.

Plain HTML without scripts; everything else is the API.
"""

from __future__ import annotations

from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tinsmith import __version__
from tinsmith.server.accounts.routes import agent_of, set_cookie
from tinsmith.server.accounts.service import sign_in_by_link
from tinsmith.server.context import App
from tinsmith.server.errors import NotSignedInError
from tinsmith.server.security import identify

router = APIRouter(include_in_schema=False)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem;"
    "color-scheme:light dark}code{font-size:.95em}td{padding:.1rem .8rem .1rem 0;"
    "vertical-align:top}"
)


@router.get("/")
def show_start() -> HTMLResponse:
    """What this is."""
    return page(
        "Tinsmith",
        f"<p>Machine learning on small devices, version {escape(__version__)}. "
        'The server works.</p><p><a href="/api/docs">The endpoints of the API</a> · '
        '<a href="/api/v1/openapi.json">the same for programs (OpenAPI)</a></p>',
    )


@router.get("/login")
def sign_in(
    request: Request, app: App, token: Annotated[str, Query(min_length=1, max_length=200)]
) -> Response:
    """Signs in with a one-time link and goes on to the first page, which has no secret in it."""
    with app.database.read() as session:
        caller, _ = identify(session, request)
    try:
        with app.database.write() as session:
            _, secret = sign_in_by_link(session, token, caller, agent_of(request))
    except NotSignedInError as error:
        text = f"<p>{escape(error.message)}</p><p>{escape(error.hint or '')}</p>"
        return page("This link does not sign in", text, status=error.status)
    response = RedirectResponse("/", status_code=303, headers=_HEADERS)
    set_cookie(response, secret, app)
    return response


@router.get("/api/docs")
def show_endpoints(request: Request) -> HTMLResponse:
    """The endpoints, by area."""
    areas: dict[str, list[str]] = {}
    for path, item in request.app.openapi()["paths"].items():
        for method, operation in item.items():
            areas.setdefault(_area(operation), []).append(_row(method, path, operation))
    parts = [
        f"<h2>{escape(area)}</h2><table>{''.join(rows)}</table>" for area, rows in areas.items()
    ]
    return page("The API of Tinsmith", "".join(parts))


def page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    """A page; `body` is HTML."""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1>{body}</html>",
        status_code=status,
        headers=_HEADERS,
    )


def _area(operation: dict[str, Any]) -> str:
    return str((operation.get("tags") or ["others"])[0])


def _row(method: str, path: str, operation: dict[str, Any]) -> str:
    text = str(operation.get("description") or operation.get("summary") or "")
    first = text.partition("\n\n")[0]
    call = f"{method.upper()} {path}"
    return f"<tr><td><code>{escape(call)}</code><td>{escape(first)}</tr>"

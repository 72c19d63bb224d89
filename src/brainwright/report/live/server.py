"""The page, what is new in the run folder as server-sent events, and the stop button."""

import json
import secrets
from collections.abc import AsyncIterator, Callable
from importlib import resources
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .guard import Application, Guard
from .tail import RunTail

LOOK_EVERY_S = 0.5
QUIET_S = 10.0  # an empty comment after this long, so that a dead connection is noticed


def application(
    folder: Path,
    *,
    request_stop: Callable[[], None],
    host: str = "127.0.0.1",
    port: int = 8765,
    token: str | None = None,
) -> Application:
    """The web application of one run folder.

    Args:
        folder: the run folder; nothing in it is written here.
        request_stop: what the stop button does.
        host, port, token: see `Guard`.
    """

    async def page(_: Request) -> Response:
        return _page()

    async def events(_: Request) -> Response:
        return StreamingResponse(changes(folder), media_type="text/event-stream", headers=_HEADERS)

    async def report(_: Request) -> Response:
        try:
            text = await anyio.to_thread.run_sync((folder / "report.html").read_text, "utf-8")
        except (OSError, UnicodeDecodeError):
            return HTMLResponse("There is no report yet.", status_code=404, headers=_HEADERS)
        return HTMLResponse(text, headers=_HEADERS | {"Content-Security-Policy": _REPORT})

    async def stop(_: Request) -> Response:
        if (folder / "result.json").exists():
            return JSONResponse({"error": "this run has ended"}, status_code=409, headers=_HEADERS)
        try:
            request_stop()
        except OSError as error:
            return JSONResponse({"error": str(error)}, status_code=500, headers=_HEADERS)
        return JSONResponse({"asked": True}, status_code=202, headers=_HEADERS)

    async def state(_: Request) -> Response:
        found = await anyio.to_thread.run_sync(RunTail(folder).changes)
        return Response(json.dumps(found), media_type="application/json", headers=_HEADERS)

    routes = [
        Route("/", page),
        Route("/events", events),
        Route("/state", state),
        Route("/report", report),
        Route("/stop", stop, methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes), host=host, port=port, token=token)


async def changes(folder: Path, *, every_s: float = LOOK_EVERY_S) -> AsyncIterator[str]:
    """Server-sent events: everything so far, then what is new, until the reader leaves."""
    tail, quiet_s = RunTail(folder), 0.0
    while True:
        new = await anyio.to_thread.run_sync(tail.changes)
        if new:
            quiet_s = 0.0
            yield f"data: {json.dumps(new)}\n\n"
            if len(new.get("metrics", ())) > 100:  # there may be more at once
                continue
        elif quiet_s >= QUIET_S:
            quiet_s = 0.0
            yield ": still here\n\n"
        await anyio.sleep(every_s)
        quiet_s += every_s


_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address may hold the token
}

_REPORT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; sandbox"
"""A run folder may come from anyone: its report may look as it likes, and do nothing."""


def _page() -> Response:
    """The page with its style and script inside; nothing else may be loaded, nobody may frame it."""
    nonce = secrets.token_urlsafe(16)
    here = resources.files("brainwright.report")
    style = here.joinpath("page.css").read_text("utf-8") + here.joinpath("live/page.css").read_text("utf-8")
    script = here.joinpath("live/page.js").read_text("utf-8")
    page = here.joinpath("live/page.html").read_text("utf-8")
    page = page.replace("/*STYLE*/", style).replace("/*SCRIPT*/", script).replace("NONCE", nonce)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return HTMLResponse(page, headers=_HEADERS | {"Content-Security-Policy": policy})

"""Who may see and stop a run: this machine, or who knows the token; never a page of another site."""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """Refuses a request whose Host, Origin or token is wrong.

    Host: on loopback it must be a loopback name with our port, or a foreign site could make its own name
    point here (DNS rebinding). Origin: where the browser sends one it must be the page's own; what changes
    something needs one, or a program that says so. Token: wherever one is set, as `?token=` or as bearer.

    Args:
        token: None only where `host` is loopback.

    Raises:
        ValueError: no token off loopback, or one without a letter.
    """

    def __init__(self, app: Application, *, host: str, port: int, token: str | None):
        if token is None and not is_loopback(host):
            raise ValueError(f"expected a token for the host {host}, which others can reach")
        if token == "":
            raise ValueError("expected a token of at least one letter, got none")
        self._app, self._host, self._port, self._token = app, host, port, token

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope) if scope["type"] == "http" else (403, "HTTP only")
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(refusal[1], status_code=refusal[0])(scope, receive, send)

    def _refusal(self, scope: dict[str, Any]) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 421, "this address is not the one that the page is served on"
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return 403, "a page of another site asked"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "a page of another site asked"
        changes = scope["method"] not in ("GET", "HEAD")
        if changes and origin is None and "x-brainwright" not in headers:
            return 403, "expected the header Origin, or X-Brainwright from a program"
        if not self._is_known(scope, headers):
            return 401, "expected the token: open the address that brainwright watch printed"
        return None

    def _is_ours(self, host: str) -> bool:
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if not name:
            name, port = host, "80"
        if port != str(self._port):
            return False
        return is_loopback(name) if is_loopback(self._host) else bool(name)

    def _is_known(self, scope: dict[str, Any], headers: Headers) -> bool:
        if self._token is None:
            return True
        offered = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        wanted = self._token.encode()
        return any(hmac.compare_digest(words.encode(), wanted) for words in (offered, bearer))

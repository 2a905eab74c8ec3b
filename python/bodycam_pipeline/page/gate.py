"""The gate in front of every route: asks `Access`, and puts the protecting headers on every answer."""

import json
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bodycam_pipeline.page.access import HEADERS, SAFE, Access, Refusal

OPEN_TO_ALL = frozenset({"/", "/api/session"})
STATIC = "/static/"
"""The page itself says nothing of any job; everything else belongs to a session."""

METHODS = SAFE | {"POST"}
LONGEST_BODY_BYTES = 1 << 20


class Gate:
    """ASGI middleware; the session of a request that passes is in ``scope["state"]["session"]``."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no other protocol is spoken here
        refused = self._refusal(scope)
        if refused is not None:
            await _refuse(refused, send)
            return
        await self.app(scope, _limited(receive), _guarded(send))

    def _refusal(self, scope: Scope) -> Refusal | None:
        method, path = str(scope["method"]), str(scope["path"])
        headers = _once_each(Headers(scope=scope))
        client = scope["client"][0] if scope.get("client") else ""
        if method not in METHODS:
            return Refusal(405, "method", f"the method {method[:10]} is not allowed", "Use the page.")
        if int(headers.get("content-length") or 0) > LONGEST_BODY_BYTES:
            return Refusal(413, "too-large", "the request is too large", "Use the page.")
        if refused := self.access.refusal(method, path, headers, client):
            return refused
        if path in OPEN_TO_ALL or path.startswith(STATIC):
            return None
        session = self.access.session(method, headers, cookies_of(headers))
        if isinstance(session, Refusal):
            return session
        scope.setdefault("state", {})["session"] = session
        return None


def cookies_of(headers: Any) -> dict[str, str]:
    """Read the cookies of a request; none where they cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def _once_each(headers: Headers) -> dict[str, str]:
    """Headers by name; one that stands twice is joined, so that it equals nothing that was expected."""
    return {name: ", ".join(headers.getlist(name)) for name in headers}


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LONGEST_BODY_BYTES:
            return {"type": "http.disconnect"}
        return message

    return limited


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return guarded


async def _refuse(refusal: Refusal, send: Send) -> None:
    facts = {"error": refusal.code, "what": refusal.what, "remedy": refusal.remedy}
    body = json.dumps(facts).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    start: Message = {"type": "http.response.start", "status": refusal.status, "headers": headers}
    await _guarded(send)(start)
    await send({"type": "http.response.body", "body": body})

"""Who may talk to the page's server: one person's browser, at one address, with what only it was told.

A request passes five questions, in this order. Does it come from the proxy that was named, where one was? Is it for
this server's own name? Does the page that sends it belong to this server? Does it belong to a session? If its verb
changes anything, does it carry the session's header token?
"""

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SAFE = frozenset({"GET", "HEAD"})
TOKEN_HEADER = "x-bodycam-token"  # noqa: S105 - the name of the header, not what is in it
BACKGROUND_HEADER = "x-bodycam-background"
"""Marks requests that nobody's hand made: they keep no session alive."""

IDLE_SECONDS = 15 * 60.0

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), display-capture=(), clipboard-read=()",
    "cache-control": "no-store",
}
"""Headers of every answer."""


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: HTTP status.
        code: The stable word for it in JSON.
        what, remedy: What happened, and what to do.
    """

    status: int
    code: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Proxy:
    """The reverse proxy that terminates TLS and logs people in.

    Attributes:
        address: The IP address that its requests come from; empty for a Unix socket, which its permissions guard.
        header: The request header in which it names the person; it must overwrite what a browser sends.
    """

    address: str
    header: str


@dataclass
class Session:
    """One browser that was let in.

    Attributes:
        key: What its cookie says.
        token: What its header says on verbs that change something.
        person: Who sits there.
        used: When a hand last made a request, by the monotonic clock.
    """

    key: str
    token: str
    person: str
    used: float


@dataclass
class Access:
    """What this server asks of a request.

    Attributes:
        origins: Its own, as browsers spell them: ``http://127.0.0.1:8123``.
        person: The name from the login of the operating system; empty where a proxy names people.
        proxy: Who stands in front of it, if anybody.
        idle_seconds: After so long without a hand a session ends.
        hand_out: Gets a new one-time token when a session ended for idleness.
    """

    origins: frozenset[str]
    person: str
    proxy: Proxy | None = None
    idle_seconds: float = IDLE_SECONDS
    hand_out: Callable[[str], None] = lambda _token: None
    clock: Callable[[], float] = time.monotonic
    _sessions: dict[str, Session] = field(default_factory=dict)
    _once: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which it is asked: the allow-list of the Host header."""
        return frozenset(origin.partition("://")[2] for origin in self.origins)

    @property
    def cookie(self) -> str:
        """Name its cookie: browsers keep the cookies of all ports of a machine together."""
        port = min(self.hosts).rpartition(":")[2]
        return f"bodycam-review-{port}" if port.isdecimal() else "bodycam-review"

    def new_token(self) -> str:
        """Draw the token that lets one browser in, once; an earlier one is void."""
        with self._lock:
            self._once = secrets.token_urlsafe(32)
            return self._once

    def refusal(self, method: str, path: str, headers: Mapping[str, str], client: str) -> Refusal | None:
        """Why a request is not for this server, or not from its page; None where it is."""
        if self.proxy and self.proxy.address and client != self.proxy.address:
            return Refusal(403, "not-the-proxy", "only the proxy may ask here", "Use the proxy's address.")
        if headers.get("host", "").lower() not in self.hosts:
            return Refusal(421, "wrong-host", "this server has another name", "Use the address that it printed.")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        navigates = method == "GET" and path == "/" and headers.get("sec-fetch-mode") == "navigate"
        foreign = origin is not None and origin not in self.origins
        if foreign or (site not in {"same-origin", "none"} and not navigates):
            return Refusal(403, "foreign-page", "another page sent this request", "Use the address that was printed.")
        if method not in SAFE and origin is None:
            return Refusal(403, "no-origin", "a request that changes something names no page", "Use the page.")
        return None

    def enter(self, token: str, headers: Mapping[str, str]) -> Session | Refusal:
        """Let a browser in: by the one-time token, or by the name that the proxy gives."""
        if self.proxy:
            person = self._named(headers)
            return self._new(person) if person else _NOBODY
        with self._lock:
            right = bool(self._once) and hmac.compare_digest(token.encode(), self._once.encode())
            if right:
                self._once = ""
        if not right:
            return Refusal(
                403,
                "token-used",
                "this address was used already, or was never valid",
                "Use the newest address that `bodycam review open` printed, or run it again.",
            )
        return self._new(self.person)

    def session(self, method: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Session | Refusal:
        """Find the session of a request, and whether its hand may do what it asks."""
        found = self._sessions.get(cookies.get(self.cookie, ""))
        if found is None or (self.proxy and self._named(headers) != found.person):
            return Refusal(
                401, "no-session", "this browser was not let in", "Open the address that `bodycam review open` printed."
            )
        if self.clock() - found.used > self.idle_seconds:
            self._end(found)
            minutes = max(1, round(self.idle_seconds / 60))
            return Refusal(
                401, "locked", f"locked after {minutes} minutes without a key", "Everything decided is kept. Unlock it."
            )
        if method not in SAFE and not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), found.token.encode()):
            return Refusal(403, "no-header-token", "the request lacks the page's own token", "Reload the page.")
        if BACKGROUND_HEADER not in headers:
            found.used = self.clock()
        return found

    def lock(self) -> None:
        """End every session now."""
        for session in list(self._sessions.values()):
            self._end(session)

    def _named(self, headers: Mapping[str, str]) -> str:
        return headers.get(self.proxy.header.lower(), "").strip() if self.proxy else ""

    def _new(self, person: str) -> Session:
        session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32), person, self.clock())
        self._sessions[session.key] = session
        return session

    def _end(self, session: Session) -> None:
        if self._sessions.pop(session.key, None) is not None and not self.proxy:
            self.hand_out(self.new_token())


_NOBODY = Refusal(
    401, "nobody-named", "the proxy names nobody", "Let the proxy log people in and pass their name in the header."
)

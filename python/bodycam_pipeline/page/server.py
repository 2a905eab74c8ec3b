"""The routes of the page: every one is JSON, a picture or a piece of the playing copy, and none takes a path."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bodycam_pipeline.page.access import Access, Refusal, Session
from bodycam_pipeline.page.finish import STEPS, note_watched, render_job, standing_facts, take_step
from bodycam_pipeline.page.gate import Gate, cookies_of
from bodycam_pipeline.page.pictures import View
from bodycam_pipeline.page.queue import Queue
from bodycam_pipeline.page.remarks import FrameLocation, note_remark
from bodycam_pipeline.page.review import Review
from bodycam_pipeline.page.work import Work
from bodycam_pipeline.running.runner import GivenUpError
from bodycam_pipeline.values.errors import BodycamError

TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
TYPES |= {"svg": "image/svg+xml"}

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """What the routes share."""

    access: Access
    queue: Queue
    work: Work = field(default_factory=Work)

    def app(self) -> Gate:
        """The server as an ASGI application, behind its gate."""
        routes = [
            Route("/", _static("index.html")),
            Route("/static/{name}", _static(None)),
            Route("/api/session", self.session, methods=["GET", "POST"]),
            Route("/api/lock", self.lock, methods=["POST"]),
            Route("/api/jobs", self.jobs),
            *self._of_job(),
        ]
        handlers = {HTTPException: _http_error, BodycamError: _refused, KeyError: _missing, IndexError: _missing}
        app = Starlette(routes=routes, exception_handlers=cast("Any", handlers))
        return Gate(app, self.access)

    def _of_job(self) -> list[Route]:
        job = "/api/jobs/{job:int}"
        return [
            Route(job, self._json(self._facts)),
            Route(f"{job}/frames", self._bytes(_frames, "application/octet-stream")),
            Route(f"{job}/boxes", self._json(_boxes)),
            Route(f"{job}/playing", self._json(lambda review, _: review.playing())),
            Route(f"{job}/still/{{view}}/{{pts}}.{{kind}}", self._still),
            Route(f"{job}/play/{{view}}/init.mp4", self._bytes(_initialisation, "video/mp4")),
            Route(f"{job}/play/{{view}}/{{piece:int}}.m4s", self._bytes(_piece, "video/mp4")),
            Route(f"{job}/play/sound.mp4", self._bytes(lambda review, _: review.sound_initialisation(), "audio/mp4")),
            Route(f"{job}/play/{{view}}/sound/{{piece:int}}.m4s", self._bytes(_sound_piece, "audio/mp4")),
            Route(f"{job}/tracks/{{track:int}}/{{which}}.jpg", self._bytes(_track_picture, "image/jpeg")),
            Route(f"{job}/findings/{{finding:int}}.jpg", self._bytes(_finding_picture, "image/jpeg")),
            Route(f"{job}/proposals", self._json(_proposals)),
            Route(f"{job}/sound", self._bytes(lambda review, _: review.sound(), "application/octet-stream")),
            Route(f"{job}/progress", self.progress),
            Route(f"{job}/decisions", self.decide, methods=["POST"]),
            Route(f"{job}/render", self.render, methods=["POST"]),
            Route(f"{job}/watched", self.watched, methods=["POST"]),
            Route(f"{job}/remarks", self.remark, methods=["POST"]),
            Route(f"{job}/steps", self.step, methods=["POST"]),
        ]

    async def session(self, request: Request) -> Response:
        """GET: the session that the cookie belongs to. POST: let this browser in, by the one-time token."""
        headers = {name: ", ".join(request.headers.getlist(name)) for name in request.headers}
        if request.method != "POST":
            found = self.access.session("GET", headers, cookies_of(headers))
            return _refusal(found) if isinstance(found, Refusal) else _session(found)
        given = await _body(request)
        entered = self.access.enter(str(given.get("token", "")), headers)
        if isinstance(entered, Refusal):
            return _refusal(entered)
        answer = _session(entered)
        secure = all(origin.startswith("https:") for origin in self.access.origins)
        answer.set_cookie(self.access.cookie, entered.key, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    async def lock(self, _request: Request) -> Response:
        """End every session: the person leaves."""
        self.access.lock()
        return JSONResponse({})

    async def jobs(self, _request: Request) -> Response:
        """Every job that this server was started for."""
        return JSONResponse(await run_in_threadpool(self.queue.rows))

    async def progress(self, request: Request) -> Response:
        """How far the last rendering is."""
        return JSONResponse(self.work.progress(int(request.path_params["job"])))

    async def decide(self, request: Request) -> Response:
        """One act of a person; answers with the job as it then stands."""
        given = await _body(request)
        act, by = str(given.pop("act", "")), person_of(request)

        def done() -> dict[str, Any]:
            review = self._review(request)
            review.decide(act, given, by)
            return self._facts(review, request)

        return JSONResponse(await run_in_threadpool(done))

    async def render(self, request: Request) -> Response:
        """Begin to render what was decided; `progress` tells how far it is."""
        number, by = int(request.path_params["job"]), person_of(request)
        review = await run_in_threadpool(lambda: self._review(request))
        self.work.start(number, "rendering", lambda watch: render_job(review, self.queue.runner(), watch, by))
        return JSONResponse(self.work.progress(number), status_code=202)

    async def watched(self, request: Request) -> Response:
        """Note which parts of the finished picture were watched, and how fast at most."""
        parts, by = (await _body(request)).get("parts"), person_of(request)
        spans = [(float(a), float(b), float(speed)) for a, b, speed in parts] if isinstance(parts, list) else []
        if spans:
            await run_in_threadpool(lambda: note_watched(self._review(request), by, spans))
        return JSONResponse({})

    async def remark(self, request: Request) -> Response:
        """Note what a person says of a place in a frame; answers with the job as it then stands."""
        given, by = await _body(request), person_of(request)
        text, location = str(given.get("text") or ""), FrameLocation.of(given)
        if location is None:
            raise HTTPException(400)

        def done() -> dict[str, Any]:
            review = self._review(request)
            note_remark(review, by, text, location)
            return self._facts(review, request)

        return JSONResponse(await run_in_threadpool(done))

    async def step(self, request: Request) -> Response:
        """Submit, approve or ask for changes; answers with the job as it then stands."""
        given, by = await _body(request), person_of(request)
        what, why, own = str(given.get("step")), str(given.get("why") or ""), self.access.proxy is None
        if what not in STEPS:
            raise HTTPException(400)

        def done() -> dict[str, Any]:
            review = self._review(request)
            take_step(review, what, by, why, own=own, location=FrameLocation.of(given))
            return self._facts(review, request)

        return JSONResponse(await run_in_threadpool(done))

    def _facts(self, review: Review, request: Request) -> dict[str, Any]:
        own = self.access.proxy is None
        return review.facts() | standing_facts(review, person_of(request), own=own)

    def _review(self, request: Request) -> Review:
        return self.queue.review(int(request.path_params["job"]))

    def _json(self, answer: Callable[[Review, Request], Any]) -> Handler:
        async def handle(request: Request) -> Response:
            return JSONResponse(await run_in_threadpool(lambda: answer(self._review(request), request)))

        return handle

    def _bytes(self, answer: Callable[[Review, Request], bytes], kind: str) -> Handler:
        async def handle(request: Request) -> Response:
            content = await run_in_threadpool(lambda: answer(self._review(request), request))
            return Response(content, media_type=kind)

        return handle

    async def _still(self, request: Request) -> Response:
        view, kind = _view(request), request.path_params["kind"]
        if kind not in {"jpg", "png"}:
            raise HTTPException(404)
        pts = _number(request.path_params["pts"])
        content = await run_in_threadpool(lambda: self._review(request).still(view, pts, kind))
        return Response(content, media_type="image/png" if kind == "png" else "image/jpeg")


def person_of(request: Request) -> str:
    """Who sits at the browser that sent a request."""
    session: Session = request.state.session
    return session.person


def _frames(review: Review, _request: Request) -> bytes:
    """The pts of every frame: float64, little-endian, exact up to 2**53."""
    shown = review.recording.packets.shown_pts()
    return shown.astype("<f8").tobytes()


def _boxes(review: Review, request: Request) -> dict[str, Any]:
    asked = request.query_params
    return review.boxes(_number(asked.get("from", "")), _number(asked.get("to", "")))


def _proposals(review: Review, _request: Request) -> list[list[int]]:
    try:
        return review.propose()
    except GivenUpError:  # the server is being closed
        return []


def _initialisation(review: Review, request: Request) -> bytes:
    _view(request)
    return review.pictures().initialisation()


def _piece(review: Review, request: Request) -> bytes:
    return review.piece(_view(request), int(request.path_params["piece"]))


def _sound_piece(review: Review, request: Request) -> bytes:
    return review.sound_piece(_view(request), int(request.path_params["piece"]))


def _track_picture(review: Review, request: Request) -> bytes:
    which = request.path_params["which"]
    if which not in {"best", "worst"}:
        raise KeyError(which)
    return review.track_picture(int(request.path_params["track"]), which)


def _finding_picture(review: Review, request: Request) -> bytes:
    return review.finding_picture(int(request.path_params["finding"]))


def _view(request: Request) -> View:
    view = request.path_params["view"]
    if view not in {"released", "original"}:
        raise HTTPException(404)
    return cast("View", view)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise HTTPException(404) from None


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries.

    Raises:
        HTTPException: it carries none.
    """
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(given, dict):
        raise HTTPException(400)
    return given


def _static(only: str | None) -> Handler:
    """Files of the page itself, read once: no request reaches the disk."""
    folder = files("bodycam_pipeline.page") / "static"
    content = {each.name: each.read_bytes() for each in folder.iterdir() if each.name.rpartition(".")[2] in TYPES}

    async def handle(request: Request) -> Response:
        name = only or request.path_params["name"]
        if name not in content:
            raise HTTPException(404)
        return Response(content[name], media_type=TYPES[name.rpartition(".")[2]])

    return handle


def _session(session: Session) -> Response:
    return JSONResponse({"token": session.token, "person": session.person})


def _refusal(refusal: Refusal) -> Response:
    facts = {"error": refusal.code, "what": refusal.what, "remedy": refusal.remedy}
    return JSONResponse(facts, status_code=refusal.status)


async def _http_error(_request: Request, error: HTTPException) -> Response:
    facts = {"error": "no-such-thing", "what": "there is nothing here", "remedy": "Reload the page."}
    return JSONResponse(facts, status_code=error.status_code)


async def _missing(_request: Request, _error: KeyError | IndexError) -> Response:
    facts = {"error": "no-such-thing", "what": "there is nothing here", "remedy": "Reload the page."}
    return JSONResponse(facts, status_code=404)


async def _refused(_request: Request, error: BodycamError) -> Response:
    place = {name: getattr(error.where, name) for name in ("recording", "segment", "pts")}
    facts = {"error": error.code, "what": error.what, "remedy": error.remedy, "where": place}
    return JSONResponse(facts, status_code=409)

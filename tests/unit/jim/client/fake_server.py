"""A real HTTP server on this machine that gives the answers a test wants and notes what it was asked.

Each route has a list of answers, given in turn; the last one stays.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

API_ROOT = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """text: sent instead of the JSON of `body`, for what no JIM would say."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    api_key: str | None


@dataclass(slots=True)
class FakeServer:
    url: str
    requests: list[Request] = field(default_factory=list)
    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)

    def on(self, method: str, path: str, *answers: Answer) -> None:
        self.answers[method, API_ROOT + path] = list(answers)

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        waiting = self.answers.get((request.method, request.path), [error(404, "NOT_FOUND", "no such thing")])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def asked(self) -> list[str]:
        return [f"{request.method} {request.path.removeprefix(API_ROOT)}" for request in self.requests]


def error(status: int, code: str, message: str, **fields: Any) -> Answer:
    body = {"code": code, "message": message, "details": None, "validationErrors": None, "timestamp": "2025-01-01Z"}
    return Answer(body | fields, status)


def page(rows: list[Any], *, number: int = 1, more: bool = False) -> Answer:
    return Answer({"items": rows, "page": number, "hasNextPage": more, "totalCount": len(rows)})


@contextmanager
def fake_server() -> Iterator[FakeServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as http:
        server = FakeServer(f"http://127.0.0.1:{http.server_port}")
        http.fake = server  # type: ignore[attr-defined]  # how the handler finds its answers
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        http.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

    def _answer(self) -> None:
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        request = Request(self.command, url.path, query, body, self.headers.get("X-Api-Key"))
        self._send(self.server.fake.answer(request))  # type: ignore[attr-defined]

    def _send(self, answer: Answer) -> None:
        content = answer.text if answer.text is not None else json.dumps(answer.body)
        data = b"" if answer.status == 204 else content.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if answer.text is not None else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_: Any) -> None:
        pass

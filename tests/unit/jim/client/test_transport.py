"""What each kind of answer, and no answer, becomes."""

import time

import httpx
import pytest

from jim.client import (
    ApiError,
    Client,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    ServerFaultError,
    ServerUnreachableError,
    SettingsError,
    TooManyRequestsError,
    UnauthorisedError,
    UnexpectedAnswerError,
)
from tests.unit.jim.client.fake_server import Answer, FakeServer, error

LIMITED = error(429, "TOO_MANY_REQUESTS", "slow down")


def limited(seconds: str) -> Answer:
    return Answer(LIMITED.body, 429, {"Retry-After": seconds})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedError),
        (401, UnauthorisedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (405, RefusedError),
        (409, ConflictError),
        (500, ServerFaultError),
        (503, ServerFaultError),
    ],
)
def test_error_body_becomes_its_error(server: FakeServer, client: Client, status: int, kind: type[ApiError]) -> None:
    server.on("GET", "/x", error(status, "SOME_CODE", "says why", details="more", validationErrors={"name": ["no"]}))

    with pytest.raises(ApiError) as caught:
        client.get("/x")

    found = caught.value
    assert type(found) is kind
    assert (found.status, found.code, found.message, found.details) == (status, "SOME_CODE", "says why", "more")
    assert found.validation_errors == {"name": ["no"]}
    assert str(found) == "says why; name: no (more)"


def test_request_sends_key_query_and_body(server: FakeServer, client: Client) -> None:
    server.on("PUT", "/x", Answer({"id": 1}))
    server.on("GET", "/x", Answer(7))

    assert client.put("/x", {"name": "Ærøskøbing"}) == {"id": 1}
    assert client.get("/x", {"page": 2, "includeChildObjects": True}) == 7

    put, get = server.requests
    assert (put.body, put.api_key) == ({"name": "Ærøskøbing"}, "jim_ak_test")
    assert get.query == {"page": "2", "includeChildObjects": "true"}


def test_delete_without_content_gives_none(server: FakeServer, client: Client) -> None:
    server.on("DELETE", "/x", Answer(status=204))

    assert client.delete("/x") is None


def test_limited_request_waits_as_told_and_comes_through(server: FakeServer, client: Client) -> None:
    server.on("GET", "/x", limited("1"), Answer("in"))
    started = time.monotonic()

    assert client.get("/x") == "in"

    assert 1 <= time.monotonic() - started < 3


def test_limited_for_ever_becomes_an_error(server: FakeServer, client: Client) -> None:
    server.on("GET", "/x", limited("0"))

    with pytest.raises(TooManyRequestsError, match="slow down"):
        client.get("/x")

    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(text="<html>", status=200), "no JSON"),
        (Answer(text="<html>", status=404), "no JSON"),
        (Answer({"detail": "x"}, status=404), "without the API's error body"),
        (Answer(status=301, headers={"Location": "https://elsewhere.example"}), "https://elsewhere.example"),
    ],
    ids=["page", "page-404", "other-api", "redirect"],
)
def test_answer_of_something_else_says_check_the_url(
    server: FakeServer, client: Client, answer: Answer, problem: str
) -> None:
    server.on("GET", "/x", answer)

    with pytest.raises(UnexpectedAnswerError, match=f"{problem}.*check the URL"):
        client.get("/x")


def test_proxy_without_server_behind_it_counts_as_unreachable(server: FakeServer, client: Client) -> None:
    server.on("GET", "/x", Answer(text="Bad Gateway", status=502))

    with pytest.raises(ServerUnreachableError, match="a proxy answers with status 502"):
        client.get("/x")


def test_nothing_listening_says_so_with_the_url() -> None:
    with Client("http://127.0.0.1:9", "k") as client, pytest.raises(ServerUnreachableError) as caught:
        client.get("/x")

    assert "http://127.0.0.1:9" in str(caught.value)


def all_subclasses(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(all_subclasses(below) for below in kind.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(all_subclasses(httpx.RequestError) | {httpx.InvalidURL}, key=str))
def test_every_error_of_httpx_becomes_unreachable(monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind("boom")

    monkeypatch.setattr(httpx.Client, "request", fail)

    with Client("http://127.0.0.1:9", "k") as client, pytest.raises(ServerUnreachableError):
        client.get("/x")


@pytest.mark.parametrize("url", ["", "foo", "ftp://x.example", "http://", "http://x.example:port", "http://[::1"])
def test_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="write it like https://"):
        Client(url, "k")


def test_url_may_end_with_a_slash_or_the_api_root() -> None:
    with Client("https://jim.example.com/", "k") as plain, Client("https://jim.example.com/api/v1", "k") as full:
        assert (plain.url, full.url) == ("https://jim.example.com", "https://jim.example.com")


@pytest.mark.parametrize("key", ["", "  ", "schlüssel", "two words", "new\nline"])
def test_key_that_is_none_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Client("http://x.example", key)

    assert not key.strip() or key not in str(caught.value)


def test_local_server_is_asked_without_the_proxy(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.on("GET", "/x", Answer("direct"))

    with Client(server.url, "k") as client:
        assert client.get("/x") == "direct"

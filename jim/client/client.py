"""The client: requests, lists as iterators, look-up by name, and runs that can be waited for."""

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from jim.client.errors import RunTimeoutError, ServerFaultError, ServerUnreachableError, UnknownNameError
from jim.client.records import Execution, JsonObject, Progress
from jim.client.transport import Query, Transport

SYSTEMS = "/synchronisation/connected-systems"
LARGEST_PAGE = 100  # what the API allows; fewer requests than its default of 25
# Short runs are noticed at once, long ones asked about every second: 60 of the 300 requests a minute.
FIRST_POLL_SECONDS = 0.1
LONGEST_POLL_SECONDS = 1.0
# A server that restarts (an update) is back within this; its runs go on by themselves.
OUTAGE_SECONDS = 60.0

OnProgress = Callable[[Progress], None]


class Client:
    """One server, called with one API key. Use it as a context manager, or close it.

    url: of the server, without /api/v1. Every method raises: ClientError.
    """

    def __init__(self, url: str, api_key: str) -> None:
        self._transport = Transport(url, api_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    @property
    def url(self) -> str:
        return self._transport.url

    # --- Any operation: path below /api/v1, names as the API spells them ---

    def get(self, path: str, query: Query | None = None) -> Any:
        return self._transport.request("GET", path, query=query)

    def post(self, path: str, body: JsonObject | None = None) -> Any:
        return self._transport.request("POST", path, body=body)

    def put(self, path: str, body: JsonObject) -> Any:
        return self._transport.request("PUT", path, body=body)

    def delete(self, path: str) -> Any:
        return self._transport.request("DELETE", path)

    def every(self, path: str, query: Query | None = None) -> Iterator[JsonObject]:
        """All entries of a paginated list, a page at a time, as far as the caller goes on reading."""
        number = 1
        while True:
            page = self.get(path, {"pageSize": LARGEST_PAGE, **(query or {}), "page": number})
            yield from page["items"]
            if not page["hasNextPage"]:
                return
            number += 1

    # --- Connected systems and run profiles, by name or id ---

    def systems(self) -> Iterator[JsonObject]:
        return self.every(SYSTEMS)

    def system(self, name_or_id: str | int) -> JsonObject:
        """The header of a connected system. Raises: UnknownNameError."""
        return _choose("connected system", name_or_id, self.systems())

    def run_profiles(self, system: str | int) -> list[JsonObject]:
        profiles: list[JsonObject] = self.get(f"{SYSTEMS}/{self.system(system)['id']}/run-profiles")
        return profiles

    def run_profile(self, system: str | int, name_or_id: str | int) -> JsonObject:
        """Raises: UnknownNameError."""
        return _choose(f"run profile of {system!r}", name_or_id, self.run_profiles(system))

    # --- Runs ---

    def start(self, system: str | int, profile: str | int, *, ignore_deletion_threshold: bool = False) -> Execution:
        """Queue a run and return at once. Raises: ConflictError when it is queued or running already."""
        chosen = self.run_profile(system, profile)
        path = f"{SYSTEMS}/{chosen['connectedSystemId']}/run-profiles/{chosen['id']}/execute"
        body = {"ignoreDeletionThreshold": True} if ignore_deletion_threshold else None
        return Execution.from_json(self.post(path, body))

    def run(
        self,
        system: str | int,
        profile: str | int,
        *,
        wait: bool = True,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> JsonObject:
        """Start a run; the activity as it is at the end, or with wait=False just after it was queued.

        timeout: seconds to wait for the end. Raises: RunTimeoutError when they are over; the run goes on.
        """
        activity_id = self.start(system, profile).activity_id
        return self.wait(activity_id, timeout=timeout, on_progress=on_progress) if wait else self.activity(activity_id)

    def wait(
        self, activity_id: str, *, timeout: float | None = None, on_progress: OnProgress | None = None
    ) -> JsonObject:
        """Follow a run until it ends, also across a restart of the server; the activity as it ended."""
        polls = _Polls(timeout)
        while not self._is_over(activity_id, polls, on_progress):
            if not polls.pause():
                raise RunTimeoutError(activity_id, timeout or 0)
        return self.activity(activity_id)

    def _is_over(self, activity_id: str, polls: "_Polls", on_progress: OnProgress | None) -> bool:
        try:
            progress = self.progress(activity_id)
        except (ServerUnreachableError, ServerFaultError):
            if polls.seconds_since_answer() > OUTAGE_SECONDS:
                raise
            return False
        polls.answered()
        if on_progress is not None:
            on_progress(progress)
        return progress.is_over

    # --- Activities ---

    def activities(self, query: Query | None = None) -> Iterator[JsonObject]:
        """Newest first."""
        return self.every("/activities", query)

    def activity(self, activity_id: str) -> JsonObject:
        activity: JsonObject = self.get(_activity_path(activity_id))
        return activity

    def progress(self, activity_id: str) -> Progress:
        return Progress.from_json(self.get(f"{_activity_path(activity_id)}/progress"))

    def execution_items(self, activity_id: str, query: Query | None = None) -> Iterator[JsonObject]:
        """What happened to each object of a run, all of them, in the order recorded."""
        return self.every(f"{_activity_path(activity_id)}/items", query)


class _Polls:
    """When to ask again: soon at first, then every second, and until the time is up."""

    def __init__(self, timeout: float | None) -> None:
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._interval = FIRST_POLL_SECONDS
        self._last_answer = time.monotonic()

    def answered(self) -> None:
        self._last_answer = time.monotonic()

    def seconds_since_answer(self) -> float:
        return time.monotonic() - self._last_answer

    def pause(self) -> bool:
        """Sleep until the next poll is due; False at once when the time is up."""
        remaining = float("inf") if self._deadline is None else self._deadline - time.monotonic()
        if remaining <= 0:
            return False
        time.sleep(min(self._interval, remaining))
        self._interval = min(self._interval * 1.5, LONGEST_POLL_SECONDS)
        return True


def _activity_path(activity_id: str) -> str:
    """An id that a user mistyped must not reach another resource."""
    return f"/activities/{quote(activity_id, safe='')}"


def _choose(kind: str, name_or_id: str | int, candidates: Iterable[JsonObject]) -> JsonObject:
    """The one with that id, else the one with that name; names match in any case."""
    rows = list(candidates)
    wanted = str(name_or_id).strip()
    for row in rows:
        if str(row["id"]) == wanted:
            return row
    for row in rows:
        if row["name"].casefold() == wanted.casefold():
            return row
    raise UnknownNameError(kind, wanted, [row["name"] for row in rows])

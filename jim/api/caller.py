"""Who is calling, as far as every endpoint needs to know; `jim.accounts` finds it out."""

from typing import Any, Protocol, cast
from uuid import UUID

from rest_framework.request import Request


class Caller(Protocol):
    """A known caller. roles: names."""

    @property
    def id(self) -> UUID: ...

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def exempt_from_throttling(self) -> bool: ...

    @property
    def metaverse_object_id(self) -> UUID | None:
        """Of a person; None for a program."""

    @property
    def initiator(self) -> Any:
        """An `activities.recorder.Initiator`; activities are above this package."""


def caller_of(request: Request) -> Caller | None:
    """None for nobody."""
    return cast("Caller | None", request.user)

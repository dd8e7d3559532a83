"""A small client of JIM's REST API, and the commands of `jim` that are built on it.

    from jim.client import Client

    with Client("https://jim.example.com", api_key="jim_ak_...") as jim:
        activity = jim.run("HR", "Full Import", timeout=600)
        for item in jim.execution_items(activity["id"]):
            print(item["displayName"], item["outcomeSummary"])

Needs httpx only: no Django, no settings, no database.
"""

from jim.client.client import Client, OnProgress
from jim.client.errors import (
    ApiError,
    ClientError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RefusedError,
    RunTimeoutError,
    ServerFaultError,
    ServerUnreachableError,
    SettingsError,
    TooManyRequestsError,
    UnauthorisedError,
    UnexpectedAnswerError,
    UnknownNameError,
)
from jim.client.records import Execution, JsonObject, Progress

__all__ = [
    "ApiError",
    "Client",
    "ClientError",
    "ConflictError",
    "Execution",
    "ForbiddenError",
    "JsonObject",
    "NotFoundError",
    "OnProgress",
    "Progress",
    "RefusedError",
    "RunTimeoutError",
    "ServerFaultError",
    "ServerUnreachableError",
    "SettingsError",
    "TooManyRequestsError",
    "UnauthorisedError",
    "UnexpectedAnswerError",
    "UnknownNameError",
]

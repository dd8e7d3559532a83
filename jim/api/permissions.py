"""Roles: who may call what."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from jim.api.caller import caller_of

ADMINISTRATOR = "Administrator"


class IsAdministrator(BasePermission):
    """The caller has the Administrator role. Without any caller DRF answers 401 instead of 403."""

    message = "This needs the Administrator role."

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = caller_of(request)
        return caller is not None and ADMINISTRATOR in caller.roles


class IsAuthenticated(BasePermission):
    """Any valid caller, whatever its roles."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return caller_of(request) is not None

"""Who works in the admin, as activities record it."""

from typing import Any

from django.http import HttpRequest

from activities.models import InitiatorType
from activities.recorder import Initiator


def initiator_of(request: HttpRequest) -> Initiator:
    """The signed-in user; Django's users have no UUID, so only the name is kept: of people that of their identity."""
    user: Any = request.user
    return Initiator(InitiatorType.USER, name=user.get_full_name() or user.get_username())

"""Who works in the admin, as activities record it."""

from django.http import HttpRequest

from activities.models import InitiatorType
from activities.recorder import Initiator


def initiator_of(request: HttpRequest) -> Initiator:
    """The signed-in user; Django's users have no UUID, so only the name is kept."""
    return Initiator(InitiatorType.USER, name=request.user.get_username())

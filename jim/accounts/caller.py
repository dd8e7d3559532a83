"""Who is calling: `request.user` of an API request, None for nobody."""

from dataclasses import dataclass
from uuid import UUID

from activities.models import InitiatorType
from activities.recorder import Initiator


@dataclass(frozen=True, slots=True)
class Caller:
    """A known caller. roles: names. exempt_from_throttling: the infrastructure key only.

    metaverse_object_id: of a person; None for a key, and for somebody whom no metaverse object stands for.
    """

    type: InitiatorType
    id: UUID
    name: str
    roles: frozenset[str]
    exempt_from_throttling: bool = False
    metaverse_object_id: UUID | None = None

    @property
    def initiator(self) -> Initiator:
        """The caller as an activity records it."""
        return Initiator(self.type, self.id, self.name)

"""Members of roles: people, known by their metaverse objects.

Always: somebody who can administrate remains, and nobody takes that role from themselves by mistake; every change
leaves an activity. A member whose object is gone counts for nothing: its id is never given again.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, record
from jim.accounts.models import Role, RoleMember
from jim.api.permissions import ADMINISTRATOR
from synchronisation.models import MetaverseObject

from .errors import AlreadyMemberError, RefusedError

FIELD = "metaverse_object_id"


def living_members() -> QuerySet[RoleMember]:
    """Memberships whose metaverse object exists."""
    return RoleMember.objects.filter(Exists(MetaverseObject.objects.filter(pk=OuterRef("metaverse_object_id"))))


def roles_of(mvo_id: UUID) -> QuerySet[Role]:
    return Role.objects.filter(members__metaverse_object_id=mvo_id)


@transaction.atomic
def add_member(role: Role, mvo_id: UUID, initiator: Initiator) -> None:
    """Raises: RefusedError when there is no such object, AlreadyMemberError."""
    mvo = _find(mvo_id)
    if mvo is None:
        raise RefusedError({FIELD: [f"There is no metaverse object {mvo_id}."]})
    _, is_new = RoleMember.objects.get_or_create(role=role, metaverse_object_id=mvo_id)
    if not is_new:
        raise AlreadyMemberError(f"{mvo} has the role {role.name} already.")
    _record(role, mvo, f"Role added: {role.name}.", initiator)


@transaction.atomic
def remove_member(role: Role, mvo_id: UUID, *, caller_mvo_id: UUID | None, initiator: Initiator) -> None:
    """caller_mvo_id: who asks, when it is a person. Raises: RefusedError."""
    Role.objects.select_for_update().get(pk=role.pk)  # of two who remove each other the second finds itself the last
    member = RoleMember.objects.filter(role=role, metaverse_object_id=mvo_id)
    if not member.exists():
        raise RefusedError({FIELD: [f"The role {role.name} has no member {mvo_id}."]})
    if role.name == ADMINISTRATOR:
        _check_administrators(mvo_id, role, caller_mvo_id)
    member.delete()
    mvo = _find(mvo_id) or MetaverseObject(pk=mvo_id)
    _record(role, mvo, f"Role removed: {role.name}.", initiator)


def _check_administrators(mvo_id: UUID, role: Role, caller_mvo_id: UUID | None) -> None:
    if mvo_id == caller_mvo_id:
        raise RefusedError({FIELD: [f"Nobody can take the role {role.name} from themselves: ask another member."]})
    if not living_members().filter(role=role).exclude(metaverse_object_id=mvo_id).exists():
        raise RefusedError({FIELD: [f"This is the last member of {role.name}: add another one first."]})


def _find(mvo_id: UUID) -> MetaverseObject | None:
    return MetaverseObject.objects.only("display_name").filter(pk=mvo_id).first()


def _record(role: Role, mvo: MetaverseObject, message: str, initiator: Initiator) -> None:
    record(
        TargetType.METAVERSE_OBJECT,
        OperationType.UPDATE,
        target_name=str(mvo),
        target_context=role.name,
        initiator=initiator,
        message=message,
        metaverse_object_id=mvo.pk,
    )

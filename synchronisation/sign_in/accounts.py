"""Accounts of the admin for people who sign in with OpenID Connect.

Always: such an account has no password, and is good only while its person exists and is an Administrator, which every
request asks anew: taking the role away ends the session.
"""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import User

from jim.api.permissions import ADMINISTRATOR
from synchronisation.models import MetaverseObject, MetaverseObjectStatus
from synchronisation.services.role_members import living_members

from .people import Person

PREFIX = "oidc:"
BACKEND = "synchronisation.sign_in.accounts.PersonBackend"


def account_of(person: Person) -> User:
    """The person's account, made at the first sign-in."""
    shown = {"first_name": (person.name or "")[: User._meta.get_field("first_name").max_length]}
    user, is_new = User.objects.update_or_create(
        username=f"{PREFIX}{person.id}",
        defaults=shown,
        create_defaults=shown | {"is_staff": True, "is_superuser": True},
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


class PersonBackend(BaseBackend):
    """Finds the account of a session; nobody authenticates with it but the sign-in itself."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.filter(pk=user_id, is_active=True, username__startswith=PREFIX).first()
        return user if user is not None and _is_administrator(UUID(user.username.removeprefix(PREFIX))) else None


def _is_administrator(mvo_id: UUID) -> bool:
    normal = MetaverseObject.objects.filter(pk=mvo_id, status=MetaverseObjectStatus.NORMAL)
    held = living_members().filter(role__name=ADMINISTRATOR, metaverse_object_id=mvo_id)
    return normal.exists() and held.exists()

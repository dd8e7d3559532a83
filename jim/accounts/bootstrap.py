"""The key that comes from the environment: programs can configure an installation from its first start."""

from django.db import transaction

from jim.accounts.keys import PREFIX_LENGTH, check_format, hash_key
from jim.accounts.models import ApiKey, Role
from jim.api.permissions import ADMINISTRATOR

INFRASTRUCTURE_KEY_NAME = "Infrastructure key"


def ensure_infrastructure_key(key: str) -> None:
    """Make `key` the infrastructure key: an Administrator, enabled, without expiry, never throttled.

    Repeatable. Another key than at the last start replaces it; an empty one disables it, so that removing the variable
    takes the access away. Raises: KeyFormatError, before anything is written.
    """
    if not key:
        ApiKey.objects.filter(infrastructure=True).update(is_enabled=False)
        return
    check_format(key)
    state = {
        "key_prefix": key[:PREFIX_LENGTH],
        "key_hash": hash_key(key),
        "is_enabled": True,
        "expires": None,
    }
    with transaction.atomic():
        row, _ = ApiKey.objects.update_or_create(
            infrastructure=True,
            defaults=state,
            create_defaults=state
            | {
                "infrastructure": True,
                "name": INFRASTRUCTURE_KEY_NAME,
                "description": "Given by JIM_INFRASTRUCTURE_API_KEY",
            },
        )
        row.roles.add(Role.objects.get(name=ADMINISTRATOR))

"""What is legal in an execution but probably not meant, as sentences for the one who asks for it."""

from collections.abc import Iterator

from django.db.models import Q

from activities.models import RunType
from connectors.contract import Capabilities
from synchronisation.engine.edited_rules import edited_rules_warning
from synchronisation.engine.import_scope import import_scopes
from synchronisation.engine.precedence import IMPORTS, SYNCHRONISATIONS
from synchronisation.errors import RunRefusedError
from synchronisation.models import Direction, RunProfile
from synchronisation.service_settings import PARTITION_VALIDATION_MODE, value_of


def warnings_of(profile: RunProfile, capabilities: Capabilities) -> list[str]:
    """In the order in which an administrator would look into them.

    Raises: RunRefusedError for what the service settings do not let pass with a warning.
    """
    return [
        *_about_partitions(profile, capabilities),
        *_about_object_types(profile),
        *_about_rules(profile),
        *_about_edited_rules(profile),
    ]


def _about_partitions(profile: RunProfile, capabilities: Capabilities) -> Iterator[str]:
    system = profile.system
    if not capabilities.partitions and profile.partition_id is not None:
        yield f"{system.name!r} has no partitions: the one that the run profile names is ignored."
    reads_partition = profile.partition_id if capabilities.partitions else None
    if profile.run_type in IMPORTS and not import_scopes(system, capabilities, reads_partition):
        nothing = (
            f"Nothing of {system.name!r} will be read: no partition that the run profile may read is selected, or no "
            "container in it."
        )
        if value_of(PARTITION_VALIDATION_MODE) == "Error":
            raise RunRefusedError(f"{nothing} Select one, or set {PARTITION_VALIDATION_MODE.key} to Warning.")
        yield nothing


def _about_object_types(profile: RunProfile) -> Iterator[str]:
    system = profile.system
    if not system.object_types.filter(selected=True).exists():
        yield f"No object type of {system.name!r} is selected: the run will find nothing to do."


def _about_rules(profile: RunProfile) -> Iterator[str]:
    """Import rules, and export rules that put drift back, are what the synchronisation of a system works by."""
    if profile.run_type not in SYNCHRONISATIONS:
        return
    fitting = Q(direction=Direction.IMPORT) | Q(direction=Direction.EXPORT, enforce_state=True)
    if not profile.system.sync_rules.filter(fitting, enabled=True).exists():
        yield (
            f"{profile.system.name!r} has neither an enabled import rule nor an enabled export rule that enforces "
            "state: the synchronisation will change nothing."
        )


def _about_edited_rules(profile: RunProfile) -> Iterator[str]:
    if profile.run_type == RunType.DELTA_SYNCHRONISATION:
        yield from edited_rules_warning(profile.system_id)

"""A company whose people have managers and whose groups have members, flowing from HR to a directory.

Groups are people here: one object type is all it takes. `Metaverse` and `queued` say what flowed, by external ID.
"""

from dataclasses import dataclass

from activities.models import RunType
from connectors.contract import AttributeType
from synchronisation.models import (
    Attribute,
    ConnectorSpaceObject,
    Join,
    MetaverseAttribute,
    MetaverseReference,
    PendingExportReference,
    SyncRule,
)
from tests.acceptance.installation import (
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
)

REFERENCE = AttributeType.REFERENCE


@dataclass(frozen=True)
class Company:
    hr: InMemory
    directory: InMemory


def source(name: str, *, secondary: str | None = None) -> InMemory:
    """A system of people with a manager and members."""
    types = {"manager": REFERENCE, "members": REFERENCE}
    columns = ("id", "name", "manager", "members", *([secondary] if secondary else ()))
    return in_memory(name, *columns, types=types, several=("members",), secondary=secondary)


def target(name: str, *, secondary: str | None = None, **settings: bool) -> InMemory:
    """A system of accounts with a boss and members."""
    types = {"boss": REFERENCE, "member": REFERENCE}
    columns = ("uid", "cn", "boss", "member", *([secondary] if secondary else ()))
    return in_memory(name, *columns, types=types, several=("member",), secondary=secondary, **settings)


def people_and_groups(**fields: object) -> None:
    """The metaverse type with its references. fields: of the type."""
    types = {"Manager": REFERENCE, "Members": REFERENCE}
    identities("Id", "Name", "Manager", "Members", types=types, several=("Members",), **fields)


INFLOWS = {"Id": "id", "Name": "name", "Manager": "manager", "Members": "members"}
OUTFLOWS = {"uid": "Id", "cn": "Name", "boss": "Manager", "member": "Members"}


def company(*, enforces_state: bool = True, deletes: bool = False, **settings: bool) -> Company:
    """HR projects everybody, and everybody gets an account."""
    people_and_groups(deletion_rule="WhenAuthoritativeSourceDisconnected")
    hr = source("HR")
    identities().deletion_trigger_systems.add(hr.system)
    import_rule(hr, INFLOWS)
    matching_rule(hr, "id", "Id")
    directory = target("Directory", **settings)
    import_rule(directory, {"Id": "uid"}, projects=False)
    matching_rule(directory, "uid", "Id")
    export_rule(directory, OUTFLOWS, enforces_state=enforces_state, deletes=deletes)
    return Company(hr, directory)


def metaverse() -> set[tuple[str, str, str]]:
    """(who, attribute, whom) of every reference between identities."""
    names = {
        mvo_id: str(external_id)
        for mvo_id, external_id in Join.objects.order_by("-system_id").values_list("mvo_id", "cso__external_id")
    }
    attributes = dict(MetaverseAttribute.objects.values_list("id", "name"))
    return {
        (names.get(mvo, "nobody"), attributes[attribute], names.get(target, "nobody"))
        for mvo, attribute, target in MetaverseReference.objects.values_list("mvo_id", "attribute_id", "target_id")
    }


def holders() -> set[str | None]:
    """Names of the rules that hold references."""
    names = dict(SyncRule.objects.values_list("id", "name"))
    return {names.get(rule) for rule in MetaverseReference.objects.values_list("rule_id", flat=True)}


def queued(*, status: str | None = "Pending") -> set[tuple[str, str, str, str]]:
    """(account, attribute, + or -, whom) of every queued reference change; status None: of those on their way, too."""
    names = {pk: str(external_id) for pk, external_id in ConnectorSpaceObject.objects.values_list("id", "external_id")}
    attributes = dict(Attribute.objects.values_list("id", "name"))
    rows = PendingExportReference.objects.filter(**({} if status is None else {"status": status}))
    return {
        (names[cso], attributes[attribute], "-" if is_removal else "+", names.get(target, "nobody"))
        for cso, attribute, target, is_removal in rows.values_list("cso_id", "attribute_id", "target_id", "is_removal")
    }


def deliver(directory: InMemory) -> None:
    """What is queued arrives in the directory, is confirmed and looked at."""
    for kind in (RunType.EXPORT, RunType.FULL_IMPORT, RunType.DELTA_SYNCHRONISATION):
        directory.run(kind)

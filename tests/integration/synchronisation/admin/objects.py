"""Objects that the admin pages show: people of HR with accounts in the directory, made without a run."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from synchronisation.models import (
    Attribute,
    ConnectedSystem,
    ConnectorSpaceObject,
    Direction,
    Join,
    JoinType,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseObjectType,
    PendingExport,
)
from synchronisation.rules.values import hash_text
from tests.integration.synchronisation.systems import file_system, rule_of


@dataclass(frozen=True, slots=True)
class People:
    """hr: with the attributes employeeId, name and phones. name: the metaverse attribute."""

    hr: ConnectedSystem
    employee_id: Attribute
    phones: Attribute
    name: MetaverseAttribute

    def add(self, number: int, name: str, **document: Any) -> tuple[MetaverseObject, ConnectorSpaceObject]:
        """A person with the employee ID `E<number>`, joined; document: more values of the CSO by attribute id."""
        mvo = MetaverseObject.objects.create(
            type=MetaverseObjectType.objects.get(name="person"),
            created=timezone.now(),
            display_name=name,
            document={str(self.name.pk): name},
            holders=[[self.hr.pk, None, [str(self.name.pk)]]],
        )
        cso = self.add_unjoined(number, name, **document)
        Join.objects.create(cso=cso, mvo=mvo, system_id=self.hr.pk, type=JoinType.PROJECTED, created=timezone.now())
        return mvo, cso

    def fill_with_expression(self, attribute: Attribute, expression: str) -> None:
        mapping = rule_of(self.hr, Direction.EXPORT).mappings.create(target_attribute=attribute)
        mapping.sources.create(expression=expression)

    def add_unjoined(self, number: int, name: str, **document: Any) -> ConnectorSpaceObject:
        external_id = f"E{number}"
        return ConnectorSpaceObject.objects.create(
            system=self.hr,
            object_type=self.hr.object_types.get(),
            created=timezone.now(),
            external_id=external_id,
            external_id_hash=hash_text(external_id),
            display_name=name,
            document={str(self.employee_id.pk): external_id} | document,
        )


def people() -> People:
    hr = file_system("HR")
    object_type = hr.object_types.get()
    selected = {"object_type": object_type, "type": "Text", "selected": True}
    employee_id = Attribute.objects.create(name="employeeId", is_external_id=True, **selected)
    phones = Attribute.objects.create(name="phones", plurality="MultiValued", **selected)
    return People(hr, employee_id, phones, MetaverseAttribute.objects.get(name="Display Name"))


def queue_change(cso: ConnectorSpaceObject, mvo: MetaverseObject, **fields: Any) -> PendingExport:
    return PendingExport.objects.create(
        cso_id=cso.pk, mvo_id=mvo.pk, system=cso.system, change_type="Update", created=timezone.now(), **fields
    )

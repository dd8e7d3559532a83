"""Build the scope of a rule through the API."""

from typing import Any

from rest_framework.test import APIClient

from synchronisation.models import ScopingCriterion
from tests.api import assert_error
from tests.integration.synchronisation.api.configuration import (
    RULES,
    attribute_ids,
    call,
    create_rule,
    metaverse_attribute_ids,
)


class Scope:
    """A rule whose scope a test builds; attributes of the side it reads by name."""

    def __init__(self, client: APIClient, system: Any, direction: str = "Import", **fields: Any) -> None:
        self.client = client
        self.rule = create_rule(client, system, direction, **fields)
        self.path = f"{RULES}/{self.rule['id']}/scoping-criteria"
        self.side = "connectedSystem" if direction == "Import" else "metaverse"
        self.ids = attribute_ids(system["id"]) if direction == "Import" else metaverse_attribute_ids()

    def group(self, kind: str = "All", parent: Any = None, **fields: Any) -> Any:
        path = self.path if parent is None else f"{self.path}/{parent['id']}/child-groups"
        return call(self.client, "post", path, {"type": kind} | fields, 201)

    def body(self, attribute: str, comparison: str, **value: Any) -> Any:
        return {f"{self.side}AttributeId": self.ids[attribute], "comparisonType": comparison} | value

    def criterion(self, group: Any, *args: str, **value: Any) -> Any:
        return call(self.client, "post", f"{self.path}/{group['id']}/criteria", self.body(*args, **value), 201)

    def refused(self, group: Any, body: Any, field: str) -> str:
        """The sentence with which the field is refused; nothing is kept."""
        before = ScopingCriterion.objects.count()
        response = self.client.post(f"{self.path}/{group['id']}/criteria", body)
        assert_error(response, 400, "VALIDATION_ERROR", {field: ...})
        assert ScopingCriterion.objects.count() == before
        (sentence,) = response.json()["validationErrors"][field]
        return str(sentence)

    def listed(self) -> Any:
        return call(self.client, "get", self.path)

"""The in-memory connector keeps the contract, in each of its variants."""

from pathlib import Path
from uuid import uuid4

from connectors.contract import AttributeType, Environment, SchemaAttribute, SchemaObjectType
from connectors.registry import check_settings
from connectors.testing.conformance import ConnectorConformance, Trial
from connectors.testing.in_memory import PART_SIZE, PARTIAL_UPDATES, STORE, InMemoryConnector, InMemoryStore

SCHEMA = (
    SchemaObjectType(
        "person",
        (
            SchemaAttribute("id", external_id=True),
            SchemaAttribute("name"),
            SchemaAttribute("mail", AttributeType.TEXT, multi_valued=True),
        ),
    ),
)
SAMPLES = {
    "1": {"id": ["1"], "name": ["Zoë"], "mail": ["z@example.com", "zoe@example.com"]},
    "2": {"id": ["2"], "name": ["Ōkubo, Ren"], "mail": []},
    "3": {"id": ["3"], "name": [], "mail": ["o'b@example.com"]},
}


class TestInMemoryConnector(ConnectorConformance):
    more_settings: dict[str, bool | int] = {}

    def new_trial(self, folder: Path, *, seeded: bool) -> Trial:
        store = InMemoryStore(SCHEMA)
        for external_id, attributes in SAMPLES.items() if seeded else ():
            store.put("person", external_id, attributes)
        name = str(uuid4())
        InMemoryConnector.stores[name] = store

        def connect(store_name: str = name) -> InMemoryConnector:
            settings = check_settings(InMemoryConnector, {STORE: store_name, **self.more_settings})
            return InMemoryConnector(settings, Environment(folder))

        return Trial(
            connect=connect,
            broken=[lambda: connect("no such store")],
            open_connections=lambda: store.open_connections,
            object_type="person",
            identifier="id",
            samples=SAMPLES,
            single="name",
            multi_valued="mail",
        )


class TestInMemoryConnectorWithPartialUpdates(TestInMemoryConnector):
    more_settings = {PARTIAL_UPDATES: True}


class TestInMemoryConnectorWithParts(TestInMemoryConnector):
    more_settings = {PART_SIZE: 1}

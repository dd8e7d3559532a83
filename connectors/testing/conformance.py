"""The conformance suite: what every connector must do, as tests that its own test class inherits.

A connector's test module has one class:

    class TestFileConnector(ConnectorConformance):
        def new_trial(self, folder: Path, *, seeded: bool) -> Trial: ...

Tests of what the connector does not declare are skipped. For readable assertions, call
`pytest.register_assert_rewrite("connectors.testing.conformance")` in the conftest.py above that module.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass, fields
from pathlib import Path
from uuid import UUID

import pytest

from connectors.contract import (
    AttributeChange,
    Capabilities,
    Change,
    Connector,
    Durability,
    ExportBatch,
    ExportObject,
    ExportOperation,
    ExportRequest,
    ExportResult,
    ImportObject,
    ImportRequest,
    SettingType,
    Value,
    ValuesChange,
    values_of,
)
from connectors.errors import ConfigurationError, ConnectorError

Content = dict[str, dict[str, frozenset[Value]]]
"""External ID -> attribute name -> values."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A store of one test and how to reach it.

    connect: a new connector on the store, not yet entered; each call gives another.
    broken: the same, on stores that are missing, unreachable or not what they should be.
    open_connections: how many connections, files or the like this process holds open.
    samples: external ID -> all attributes of at least three objects as the store gives them back, identifier included.
    single: name of an attribute with one value, not the identifier. multi_valued: of one with several, if it has such.
    """

    connect: Callable[[], Connector]
    broken: Sequence[Callable[[], Connector]]
    open_connections: Callable[[], int]
    object_type: str
    identifier: str
    samples: Mapping[str, Mapping[str, Sequence[Value]]]
    single: str
    multi_valued: str | None = None

    @property
    def attributes(self) -> list[str]:
        return list(next(iter(self.samples.values())))

    @property
    def capabilities(self) -> Capabilities:
        connector = self.connect()
        return connector.capabilities(connector.settings)

    def import_request(
        self, page_size: int = 100, *, delta: bool = False, watermark: str | None = None
    ) -> ImportRequest:
        several = frozenset({self.multi_valued} if self.multi_valued else ())
        return ImportRequest(
            {self.object_type: self.attributes},
            {self.object_type: several},
            page_size=page_size,
            delta=delta,
            watermark=watermark,
        )

    def export_request(self) -> ExportRequest:
        several = frozenset({self.multi_valued} if self.multi_valued else ())
        return ExportRequest({self.object_type: self.attributes}, {self.object_type: several})

    def content(self) -> Content:
        """What a full import reads."""
        found: dict[str, dict[str, frozenset[Value]]] = {}
        with self.connect() as connector:
            for batch in connector.read(self.import_request()):
                for item in batch.objects:
                    attributes = found.setdefault(str(self.identifier_of(item)), {})
                    for name, given in item.attributes.items():
                        values = frozenset(value for value in values_of(given) if value != "")
                        attributes[name] = attributes.get(name, frozenset()) | values
        return found

    def identifier_of(self, item: ImportObject) -> Value:
        (value,) = values_of(item.attributes[self.identifier])
        return value

    def expected(self, *external_ids: str) -> Content:
        """What `content` gives of these samples; of all, if none is named."""
        return {
            external_id: {name: frozenset(values) for name, values in self.samples[external_id].items()}
            for external_id in external_ids or self.samples
        }

    def send(self, *batches: Sequence[ExportObject]) -> list[ExportResult]:
        with self.connect() as connector:
            numbered = (ExportBatch(number, objects) for number, objects in enumerate(batches))
            return list(connector.export(self.export_request(), numbered))

    def change(
        self, operation: ExportOperation, external_id: str, changes: Mapping[str, AttributeChange] | None = None
    ) -> ExportObject:
        """An export object; its key follows from the external ID, so that sending it again is the same change."""
        key = UUID(bytes=external_id.encode()[:16].rjust(16, b"\0"))
        return ExportObject(str(key), operation, self.object_type, self.identifier, external_id, changes or {})

    def creates(self) -> list[ExportObject]:
        """A create of each sample."""
        return [
            self.change(
                ExportOperation.CREATE,
                external_id,
                {name: self._value(name, values) for name, values in attributes.items()},
            )
            for external_id, attributes in self.samples.items()
        ]

    def _value(self, name: str, values: Sequence[Value]) -> AttributeChange:
        if name == self.multi_valued:
            return ValuesChange(add=values)
        return values[0] if values else None


class ConnectorConformance:
    """Inherit, implement `new_trial`, and name the class `Test...`."""

    def new_trial(self, folder: Path, *, seeded: bool) -> Trial:
        """A trial on a fresh store, which holds the samples if `seeded`, and nothing otherwise.

        folder: an empty one of this test's own.
        """
        raise NotImplementedError

    @pytest.fixture
    def seeded(self, tmp_path: Path) -> Trial:
        return self.new_trial(tmp_path, seeded=True)

    @pytest.fixture
    def importing(self, seeded: Trial) -> Trial:
        if not seeded.capabilities.full_import:
            pytest.skip("does not import")
        return seeded

    @pytest.fixture
    def delta_importing(self, importing: Trial) -> Trial:
        if not (importing.capabilities.delta_import and importing.capabilities.export):
            pytest.skip("does not import deltas, or cannot make any")
        return importing

    @pytest.fixture
    def exporting(self, tmp_path: Path) -> Trial:
        """On an empty store, and importing too: what was written has to be looked at."""
        trial = self.new_trial(tmp_path, seeded=False)
        if not (trial.capabilities.export and trial.capabilities.full_import):
            pytest.skip("does not export, or cannot import what it exported")
        return trial

    # What it declares

    def test_capabilities_are_frozen(self, seeded: Trial) -> None:
        with pytest.raises(FrozenInstanceError):
            seeded.capabilities.full_import = False  # type: ignore[misc]  # that it is refused is the point

    def test_capabilities_with_settings_are_among_those_at_most(self, seeded: Trial) -> None:
        at_most = type(seeded.connect()).capabilities({})
        switches = [name.name for name in fields(Capabilities) if name.type is bool]
        assert [name for name in switches if getattr(seeded.capabilities, name) and not getattr(at_most, name)] == []

    def test_capabilities_not_declared_are_refused(self, seeded: Trial) -> None:
        declared = seeded.capabilities
        with seeded.connect() as connector:
            refused: dict[str, Callable[[], object]] = {
                "full_import": lambda: list(connector.read(seeded.import_request())),
                "delta_import": lambda: list(connector.read(seeded.import_request(delta=True, watermark="0"))),
                "export": lambda: list(connector.export(seeded.export_request(), [ExportBatch(0, seeded.creates())])),
                "hierarchy": connector.discover_hierarchy,
            }
            for name, operation in refused.items():
                if not getattr(declared, name):
                    with pytest.raises((ConnectorError, NotImplementedError)):
                        operation()

    def test_settings_are_declared_once_with_fitting_defaults(self, seeded: Trial) -> None:
        declared = type(seeded.connect()).settings_schema
        assert len({setting.name for setting in declared}) == len(declared)
        kinds = {SettingType.CHECK_BOX: bool, SettingType.INTEGER: int}
        for setting in declared:
            assert setting.default is None or type(setting.default) is kinds.get(setting.type, str), setting.name
            if setting.type is SettingType.DROP_DOWN:
                assert setting.choices
                assert setting.default is None or setting.default in setting.choices

    # Its connection

    def test_connection_is_closed_after_an_error(self, importing: Trial) -> None:
        before = importing.open_connections()
        with pytest.raises(ZeroDivisionError):
            _break_off(importing)
        assert importing.open_connections() == before

    def test_connection_is_closed_when_a_read_is_left_off(self, importing: Trial) -> None:
        before = importing.open_connections()
        with importing.connect() as connector:
            batches = connector.read(importing.import_request(page_size=1))
            next(batches)
        assert importing.open_connections() == before

    def test_broken_store_raises_contract_errors_only(self, seeded: Trial) -> None:
        for connect in seeded.broken:
            noticed = [operation for operation in _operations(connect, seeded) if _raises_contract_error(operation)]
            assert noticed, "a broken store that no operation notices"

    def test_validate_and_discovery_change_nothing(self, importing: Trial) -> None:
        before = importing.content()
        with importing.connect() as connector:
            connector.validate()
            connector.discover_schema()
        assert importing.content() == before

    def test_discovered_schema_has_the_samples_attributes(self, seeded: Trial) -> None:
        with seeded.connect() as connector:
            found = {kind.name: kind for kind in connector.discover_schema()}
        names = {attribute.name: attribute for attribute in found[seeded.object_type].attributes}
        assert set(seeded.attributes) <= set(names)
        assert not names[seeded.identifier].multi_valued
        assert seeded.multi_valued is None or names[seeded.multi_valued].multi_valued

    # Reading

    def test_read_gives_every_object_whole(self, importing: Trial) -> None:
        assert importing.content() == importing.expected()

    @pytest.mark.parametrize("page_size", [1, 2, 1000])
    def test_batches_are_no_larger_than_the_page_size(self, importing: Trial, page_size: int) -> None:
        with importing.connect() as connector:
            batches = list(connector.read(importing.import_request(page_size)))
        assert max(len(batch.objects) for batch in batches) <= page_size
        begun = [item for batch in batches for item in batch.objects if item.part < 2]
        assert len(begun) == len(importing.samples)

    def test_parts_of_an_object_are_numbered_in_order(self, importing: Trial) -> None:
        parts: dict[Value, list[int]] = {}
        with importing.connect() as connector:
            for batch in connector.read(importing.import_request(page_size=1)):
                for item in batch.objects:
                    parts.setdefault(importing.identifier_of(item), []).append(item.part)
        whole = [numbers for numbers in parts.values() if numbers != [0]]
        assert whole == [list(range(1, len(numbers) + 1)) for numbers in whole]

    def test_same_read_twice_gives_the_same(self, importing: Trial) -> None:
        with importing.connect() as connector:
            first, second = (list(connector.read(importing.import_request())) for _ in range(2))
        assert first == second

    def test_full_import_says_nothing_of_changes(self, importing: Trial) -> None:
        with importing.connect() as connector:
            objects = [item for batch in connector.read(importing.import_request()) for item in batch.objects]
        assert {item.change for item in objects} == {Change.UNSPECIFIED}

    def test_unknown_selected_attribute_is_named(self, importing: Trial) -> None:
        request = ImportRequest({importing.object_type: [*importing.attributes, "No Such Attribute"]})
        with importing.connect() as connector, pytest.raises(ConfigurationError, match="No Such Attribute"):
            list(connector.read(request))

    # Reading what changed

    def test_delta_gives_what_changed_after_the_watermark(self, delta_importing: Trial) -> None:
        trial = delta_importing
        watermark = _watermark(trial)
        first, second, *_ = trial.samples
        trial.send(
            [trial.change(ExportOperation.UPDATE, first, {trial.single: "changed"})],
            [trial.change(ExportOperation.DELETE, second)],
        )
        with trial.connect() as connector:
            batches = list(connector.read(trial.import_request(delta=True, watermark=watermark)))
        begun = [item for batch in batches for item in batch.objects if item.part < 2]
        changes = [(trial.identifier_of(item), item.change) for item in begun]
        assert changes == [(first, Change.UPDATE), (second, Change.DELETE)]

    def test_delta_after_nothing_changed_is_empty(self, delta_importing: Trial) -> None:
        request = delta_importing.import_request(delta=True, watermark=_watermark(delta_importing))
        with delta_importing.connect() as connector:
            assert [item for batch in connector.read(request) for item in batch.objects] == []

    @pytest.mark.parametrize("watermark", [None, "not a watermark"])
    def test_delta_without_a_usable_watermark_is_refused(self, delta_importing: Trial, watermark: str | None) -> None:
        request = delta_importing.import_request(delta=True, watermark=watermark)
        with delta_importing.connect() as connector, pytest.raises(ConfigurationError, match="full import"):
            list(connector.read(request))

    # Writing

    def test_created_objects_are_read_back(self, exporting: Trial) -> None:
        results = exporting.send(exporting.creates())
        assert [result.failures for result in results] == [{}]
        assert exporting.content() == exporting.expected()

    def test_update_changes_what_it_names_only(self, exporting: Trial) -> None:
        exporting.send(exporting.creates())
        first = next(iter(exporting.samples))
        update = exporting.change(ExportOperation.UPDATE, first, {exporting.single: "new value"})
        assert [result.failures for result in exporting.send([update])] == [{}]
        expected = exporting.expected()
        expected[first][exporting.single] = frozenset({"new value"})
        assert exporting.content() == expected

    def test_clearing_an_attribute_leaves_it_without_a_value(self, exporting: Trial) -> None:
        exporting.send(exporting.creates())
        first = next(iter(exporting.samples))
        exporting.send([exporting.change(ExportOperation.UPDATE, first, {exporting.single: None})])
        assert exporting.content()[first][exporting.single] == frozenset()

    def test_values_are_added_and_removed_as_a_set(self, exporting: Trial) -> None:
        name = exporting.multi_valued
        if name is None:
            pytest.skip("has no multi-valued attribute")
        first, values = next((key, sample[name]) for key, sample in exporting.samples.items() if len(sample[name]) > 1)
        exporting.send(exporting.creates())
        change = ValuesChange(add=["added", values[1]], remove=[values[0], "never there"])
        exporting.send([exporting.change(ExportOperation.UPDATE, first, {name: change})])
        assert exporting.content()[first][name] == frozenset([*values[1:], "added"])

    def test_deleted_objects_are_read_no_more(self, exporting: Trial) -> None:
        exporting.send(exporting.creates())
        first, *others = exporting.samples
        assert [r.failures for r in exporting.send([exporting.change(ExportOperation.DELETE, first)])] == [{}]
        assert exporting.content() == exporting.expected(*others)

    def test_results_come_in_order_and_for_every_batch(self, exporting: Trial) -> None:
        creates = exporting.creates()
        results = exporting.send(creates[:1], [], creates[1:], [])
        assert [result.number for result in results] == [0, 1, 2, 3]

    def test_no_batches_give_no_results(self, exporting: Trial) -> None:
        assert exporting.send() == []

    def test_same_batches_twice_give_the_same_store(self, exporting: Trial) -> None:
        first, second, *_ = exporting.samples
        batches = [
            exporting.creates(),
            [
                exporting.change(ExportOperation.UPDATE, first, {exporting.single: "new"}),
                exporting.change(ExportOperation.DELETE, second),
            ],
        ]
        exporting.send(*batches)
        once = exporting.content()
        assert [result.failures for result in exporting.send(*batches)] == [{}, {}]
        assert exporting.content() == once

    def test_already_so_is_success(self, exporting: Trial) -> None:
        creates = exporting.creates()
        first = next(iter(exporting.samples))
        delete = exporting.change(ExportOperation.DELETE, first)
        for batch in (creates, creates, [delete], [delete]):
            assert [result.failures for result in exporting.send(batch)] == [{}]

    def test_failure_of_one_object_leaves_the_others_alone(self, exporting: Trial) -> None:
        unknown = exporting.change(ExportOperation.UPDATE, "no-such-object", {exporting.single: "x"})
        creates = exporting.creates()
        results = exporting.send([creates[0], unknown, *creates[1:]])
        assert [set(result.failures) for result in results] == [{unknown.key}]
        assert exporting.content() == exporting.expected()

    def test_what_the_batches_raise_passes_through(self, exporting: Trial) -> None:
        with exporting.connect() as connector, pytest.raises(OSError, match="the engine's own"):
            list(connector.export(exporting.export_request(), _failing_batches(exporting)))
        if exporting.capabilities.durable is Durability.AT_CLOSE:
            assert exporting.content() == {}


def _operations(connect: Callable[[], Connector], trial: Trial) -> Iterator[Callable[[], object]]:
    """Everything a run may ask, each on a connection of its own."""

    def on_connection(operation: Callable[[Connector], object]) -> Callable[[], object]:
        def run() -> None:
            with connect() as connector:
                operation(connector)

        return run

    yield on_connection(lambda connector: connector.validate())
    yield on_connection(lambda connector: connector.discover_schema())
    if trial.capabilities.full_import:
        yield on_connection(lambda connector: list(connector.read(trial.import_request())))
    if trial.capabilities.export:
        batches = [ExportBatch(0, trial.creates())]
        yield on_connection(lambda connector: list(connector.export(trial.export_request(), batches)))


def _raises_contract_error(operation: Callable[[], object]) -> bool:
    """Any other error leaves here, and fails the test."""
    try:
        operation()
    except ConnectorError:
        return True
    return False


def _break_off(trial: Trial) -> None:
    """Fail in the middle of a read, as the engine may."""
    with trial.connect() as connector:
        batches = connector.read(trial.import_request(page_size=1))
        next(batches)
        raise ZeroDivisionError


def _watermark(trial: Trial) -> str | None:
    with trial.connect() as connector:
        return next(iter(connector.read(trial.import_request()))).watermark


def _failing_batches(trial: Trial) -> Iterator[ExportBatch]:
    yield ExportBatch(0, trial.creates())
    raise OSError("the engine's own")

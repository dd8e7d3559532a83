"""Merge a discovered hierarchy into the stored partitions and containers.

In: the nodes a connector found. Out: `HierarchyChanges`, what the contract's result lists.
Always: nodes are known by their external ID, without regard to case; selections are kept for what is still there, and
what is new is not selected; what vanished is removed with what lies in it. A number of statements that depends on the
depth of the hierarchy, not on its size.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from connectors.contract import HierarchyNode
from connectors.errors import ConfigurationError
from synchronisation.models import ConnectedSystem, Container, Partition

NAME_LENGTH = 300
"""Characters that the rows hold; a longer name is cut."""

EXTERNAL_ID_LENGTH = 1_000

LEVELS = 100
"""Containers inside containers: far more than directories have, and far from what a JSON answer can nest."""

CONTAINER_FIELDS = ("partition", "parent", "name", "external_id", "description", "hidden")


@dataclass(frozen=True, slots=True)
class HierarchyChange:
    """One partition or container that came, went, was renamed or moved; `previous_...`, `new_...` where they apply."""

    external_id: str
    name: str
    was_selected: bool
    item_type: Literal["Partition", "Container"]
    previous_name: str | None = None
    previous_parent_external_id: str | None = None
    new_parent_external_id: str | None = None


@dataclass(slots=True)
class HierarchyChanges:
    """warnings: sentences."""

    total_partitions: int = 0
    total_containers: int = 0
    added_partitions: list[HierarchyChange] = field(default_factory=list)
    removed_partitions: list[HierarchyChange] = field(default_factory=list)
    renamed_partitions: list[HierarchyChange] = field(default_factory=list)
    added_containers: list[HierarchyChange] = field(default_factory=list)
    removed_containers: list[HierarchyChange] = field(default_factory=list)
    renamed_containers: list[HierarchyChange] = field(default_factory=list)
    moved_containers: list[HierarchyChange] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def _lists(self) -> tuple[tuple[str, list[HierarchyChange]], ...]:
        return (
            ("Partitions added", self.added_partitions),
            ("Partitions removed", self.removed_partitions),
            ("Partitions renamed", self.renamed_partitions),
            ("Containers added", self.added_containers),
            ("Containers removed", self.removed_containers),
            ("Containers renamed", self.renamed_containers),
            ("Containers moved", self.moved_containers),
        )

    @property
    def has_changes(self) -> bool:
        return any(changes for _, changes in self._lists)

    @property
    def has_selected_items_removed(self) -> bool:
        return any(change.was_selected for change in (*self.removed_partitions, *self.removed_containers))

    def summary(self) -> str:
        if not self.has_changes:
            return "The hierarchy has not changed."
        return " ".join(f"{label}: {len(changes)}." for label, changes in self._lists if changes)


@dataclass(frozen=True, slots=True)
class Found:
    """A discovered container and where it lies; parent: None at the top of its partition, or of the store."""

    node: HierarchyNode
    partition: str | None
    parent: str | None


def merge_hierarchy(
    system: ConnectedSystem, discovered: Sequence[HierarchyNode], *, has_partitions: bool
) -> HierarchyChanges:
    """Write the difference. Call in a transaction. Raises: ConfigurationError on an external ID given twice."""
    levels = list(_levels(discovered, has_partitions=has_partitions))
    partitions = discovered if has_partitions else ()
    _check(partitions, [found.node for level in levels for found in level])
    ConnectedSystem.objects.select_for_update().get(pk=system.pk)
    changes = HierarchyChanges(len(partitions), sum(map(len, levels)))
    _Merge(system, changes).run(partitions, levels)
    return changes


def key_of(external_id: str) -> str:
    return external_id.casefold()


def _levels(discovered: Sequence[HierarchyNode], *, has_partitions: bool) -> Iterator[list[Found]]:
    """The containers of each depth, outermost first. Raises: ConfigurationError."""
    if has_partitions:
        level = [Found(child, key_of(root.external_id), None) for root in discovered for child in root.children]
    else:
        level = [Found(node, None, None) for node in discovered]
    for _ in range(LEVELS):
        if not level:
            return
        yield level
        level = [
            Found(child, found.partition, key_of(found.node.external_id))
            for found in level
            for child in found.node.children
        ]
    if level:
        raise ConfigurationError(f"The containers of the store nest more than {LEVELS} deep: that cannot be shown.")


def _check(*kinds: Iterable[HierarchyNode]) -> None:
    for nodes in kinds:
        seen: set[str] = set()
        for node in nodes:
            if len(node.external_id) > EXTERNAL_ID_LENGTH:
                raise ConfigurationError(
                    f"The external ID of {node.name[:NAME_LENGTH]} is longer than {EXTERNAL_ID_LENGTH} characters: "
                    "rename it in the store."
                )
            if key_of(node.external_id) in seen:
                raise ConfigurationError(
                    f"The store has {node.external_id} twice (upper and lower case are one): rename one of them."
                )
            seen.add(key_of(node.external_id))


class _Merge:
    """Rows by key, as they are and as they are to be. vanished: those that no node was found for yet."""

    def __init__(self, system: ConnectedSystem, changes: HierarchyChanges) -> None:
        self.system = system
        self.changes = changes
        self.partitions = {key_of(partition.external_id): partition for partition in system.partitions.all()}
        self.containers = {key_of(c.external_id): c for c in system.containers.select_related("parent", "partition")}
        self.vanished_partitions = dict(self.partitions)
        self.vanished_containers = dict(self.containers)

    def run(self, partitions: Iterable[HierarchyNode], levels: Iterable[Sequence[Found]]) -> None:
        """Removals come last: a container may move out of one that goes."""
        self._merge_partitions(partitions)
        for level in levels:
            self._merge_containers(level)
        self._remove_containers()
        self._remove_partitions()

    def _merge_partitions(self, nodes: Iterable[HierarchyNode]) -> None:
        new, changed = [], []
        for node in nodes:
            name = node.name[:NAME_LENGTH]
            known = self.vanished_partitions.pop(key_of(node.external_id), None)
            if known is None:
                new.append(Partition(system=self.system, name=name, external_id=node.external_id))
                self.changes.added_partitions.append(HierarchyChange(node.external_id, name, False, "Partition"))
                continue
            if known.name != name:
                self.changes.renamed_partitions.append(
                    HierarchyChange(node.external_id, name, known.selected, "Partition", previous_name=known.name)
                )
            if (known.name, known.external_id) != (name, node.external_id):
                known.name, known.external_id = name, node.external_id
                changed.append(known)
        Partition.objects.bulk_update(changed, ["name", "external_id"])
        self.partitions.update((key_of(row.external_id), row) for row in Partition.objects.bulk_create(new))

    def _merge_containers(self, level: Sequence[Found]) -> None:
        new, changed = [], []
        for found in level:
            node = found.node
            wanted = Container(
                system=self.system,
                partition=self.partitions[found.partition] if found.partition is not None else None,
                parent=self.containers[found.parent] if found.parent is not None else None,
                name=node.name[:NAME_LENGTH],
                external_id=node.external_id,
                description=node.description or None,
                hidden=node.hidden,
            )
            known = self.vanished_containers.pop(key_of(node.external_id), None)
            if known is None:
                new.append(wanted)
                self.changes.added_containers.append(
                    HierarchyChange(node.external_id, wanted.name, False, "Container", None, None, _parent_of(wanted))
                )
            elif self._take_over(known, wanted):
                changed.append(known)
        Container.objects.bulk_update(changed, CONTAINER_FIELDS, batch_size=1_000)
        created = Container.objects.bulk_create(new, batch_size=1_000)
        self.containers.update((key_of(container.external_id), container) for container in created)

    def _take_over(self, known: Container, wanted: Container) -> bool:
        """Whether anything about a known container is new."""
        before, after = _parent_of(known), _parent_of(wanted)
        if known.name != wanted.name:
            self.changes.renamed_containers.append(
                HierarchyChange(wanted.external_id, wanted.name, known.selected, "Container", previous_name=known.name)
            )
        if (known.partition_id, known.parent_id) != (wanted.partition_id, wanted.parent_id):
            self.changes.moved_containers.append(
                HierarchyChange(wanted.external_id, wanted.name, known.selected, "Container", None, before, after)
            )
        differs = any(
            getattr(known, attribute) != getattr(wanted, attribute)
            for attribute in ("partition_id", "parent_id", "name", "external_id", "description", "hidden")
        )
        for name in CONTAINER_FIELDS:
            setattr(known, name, getattr(wanted, name))
        return differs

    def _remove_containers(self) -> None:
        gone = list(self.vanished_containers.values())
        self.changes.removed_containers = [
            HierarchyChange(c.external_id, c.name, c.selected, "Container", None, _parent_of(c)) for c in gone
        ]
        Container.objects.filter(pk__in=[container.pk for container in gone]).delete()

    def _remove_partitions(self) -> None:
        gone = list(self.vanished_partitions.values())
        self.changes.removed_partitions = [
            HierarchyChange(p.external_id, p.name, p.selected, "Partition") for p in gone
        ]
        for profile in self.system.run_profiles.filter(partition__in=gone).select_related("partition"):
            self.changes.warnings.append(
                f"Run profile {profile.name} was for partition {profile.partition}, which is gone: it is for all "
                "selected partitions now. Change or delete it."
            )
        Partition.objects.filter(pk__in=[partition.pk for partition in gone]).delete()


def _parent_of(container: Container) -> str | None:
    """External ID of the container that it lies in, or else of its partition."""
    above = container.parent or container.partition
    return above.external_id if above is not None else None

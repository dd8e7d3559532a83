"""Import scope: which parts of a store an import reads, as its partitions and containers are selected.

In: the hierarchy of a connected system. Out: a scope per part, read one after the other; none when nothing is selected.
Always: a selected container stands for everything below it, so none of a scope's containers lies in another; a
partition that has containers is read only where some are selected, one that has none is read as a whole.
"""

from collections.abc import Iterable, Iterator

from connectors.contract import Capabilities
from synchronisation.models import ConnectedSystem, Container
from synchronisation.rules.specification import WHOLE_STORE, ImportScope


def import_scopes(
    system: ConnectedSystem, capabilities: Capabilities, partition_id: int | None
) -> tuple[ImportScope, ...]:
    """partition_id: of the run profile; it has to be selected, too. Two queries."""
    if not capabilities.hierarchy and not capabilities.partitions:
        return WHOLE_STORE
    by_partition: dict[int | None, list[Container]] = {}
    for container in system.containers.all():
        by_partition.setdefault(container.partition_id, []).append(container)
    if not capabilities.partitions:
        return tuple(_scope(None, None, by_partition.get(None, [])))
    selected = system.partitions.filter(selected=True)
    wanted = selected if partition_id is None else selected.filter(pk=partition_id)
    return tuple(
        scope
        for partition in wanted
        for scope in _scope(partition.pk, partition.external_id, by_partition.get(partition.pk, []))
    )


def _scope(partition_id: int | None, partition: str | None, containers: list[Container]) -> Iterator[ImportScope]:
    """The scope of one partition, or of a store without any; nothing if it has containers, and none is selected."""
    outermost = tuple(outermost_selected(containers))
    if outermost or not containers:
        yield ImportScope(partition_id, partition, outermost)


def outermost_selected(containers: Iterable[Container]) -> Iterator[str]:
    """External IDs of the selected containers that lie in no other selected one."""
    by_id = {container.pk: container for container in containers}
    covered: dict[int | None, bool] = {None: False}
    """Container id -> whether it is selected, or lies in a selected one."""

    def is_covered(container_id: int | None) -> bool:
        path = []
        while container_id not in covered:
            assert container_id is not None
            path.append(by_id[container_id])
            container_id = by_id[container_id].parent_id
        known = covered[container_id]
        for container in reversed(path):
            known = covered[container.pk] = known or container.selected
        return known

    for container in by_id.values():
        if container.selected and not is_covered(container.parent_id):
            yield container.external_id

"""Precedence: which run may take its leases now, and which has to wait for whom.

In: the leases that are held and the runs that are queued, as plain records. Out: yes or no.
Always: pure, and judged alike by the worker that takes leases and by the dispatcher that wakes workers up.
What a run waits for is either held by a run that is at work, or wanted by an older one: nothing waits in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from activities.models import RunType
from synchronisation.models import LeaseMode

METAVERSE = "metaverse"
IMPORTS = frozenset({RunType.FULL_IMPORT, RunType.DELTA_IMPORT})
HOUSEKEEPING = "Housekeeping"
"""The run of no system that deletes what is due; no run profile starts it."""
CLEARING = "Clearing"
DELETION = "Deletion"
"""Runs that remove all objects of one system, which stays or goes with them; no run profile starts them either."""
SYNCHRONISATIONS = frozenset({RunType.FULL_SYNCHRONISATION, RunType.DELTA_SYNCHRONISATION})


@dataclass(frozen=True, slots=True)
class LeaseNeed:
    """resource: METAVERSE or `system_resource(id)`."""

    resource: str
    mode: LeaseMode


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an activity stands in the queue: the smaller, the older."""

    created: datetime
    activity_id: UUID


@dataclass(frozen=True, slots=True)
class HeldLease:
    """One lease of a run at work; mode WAITING: it holds others and waits in place for this one, shared."""

    resource: str
    mode: LeaseMode
    holder: Place


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A run without leases, and the ones it needs to start."""

    place: Place
    needs: tuple[LeaseNeed, ...]

    def mode(self, resource: str) -> LeaseMode | None:
        """How it needs a resource; None when it does not."""
        return next((need.mode for need in self.needs if need.resource == resource), None)


def system_resource(system_id: int) -> str:
    return f"system:{system_id}"


def needs_of(run_type: str | None, system_id: int | None) -> tuple[LeaseNeed, ...]:
    """The leases with which a run starts (engine.md section 3); an import adds METAVERSE shared after reading.

    All but imports and exports take the metaverse for themselves. run_type: None when no run profile started it.
    """
    if system_id is None:
        return (LeaseNeed(METAVERSE, LeaseMode.EXCLUSIVE),)
    system = LeaseNeed(system_resource(system_id), LeaseMode.EXCLUSIVE)
    if run_type in IMPORTS:
        return (system,)
    mode = LeaseMode.SHARED if run_type == RunType.EXPORT else LeaseMode.EXCLUSIVE
    return (system, LeaseNeed(METAVERSE, mode))


def exclude(one: LeaseMode, other: LeaseMode) -> bool:
    return LeaseMode.EXCLUSIVE in (one, other)


def is_blocked(need: LeaseNeed, place: Place, held: Iterable[HeldLease]) -> bool:
    """Whether another run's lease stands against `need`; one that only waits stands against younger runs."""
    return any(
        lease.resource == need.resource
        and lease.holder != place
        and exclude(lease.mode, need.mode)
        and (lease.mode != LeaseMode.WAITING or lease.holder < place)
        for lease in held
    )


def may_start(run: QueuedRun, held: Sequence[HeldLease], queue: Iterable[QueuedRun]) -> bool:
    """Whether `run` may take all its leases now. queue: every queued run, in any order.

    Beyond the leases that are held, older runs go first: always those of the same system (an import and the
    synchronisation queued after it keep their order), and those that wait for nothing but the metaverse.
    """
    if any(is_blocked(need, run.place, held) for need in run.needs):
        return False
    older = [other for other in queue if other.place < run.place]
    return not any(_same_system(run, other) or _passes_in_metaverse(run, other, held) for other in older)


def _same_system(run: QueuedRun, older: QueuedRun) -> bool:
    return any(need.resource != METAVERSE and older.mode(need.resource) for need in run.needs)


def _passes_in_metaverse(run: QueuedRun, older: QueuedRun, held: Sequence[HeldLease]) -> bool:
    """Whether `run` would take the metaverse from under an older run that could have it next.

    An import takes it only later, without asking again who is older, since it would keep a worker busy meanwhile.
    So while a synchronisation waits for those who share the metaverse, no further import begins: the ones at work
    end, and the synchronisation has its turn. When another synchronisation holds it, imports may well read.
    """
    wanted = older.mode(METAVERSE)
    if wanted is None or _waits_for_its_system(older, held):
        return False
    mine = run.mode(METAVERSE)
    if mine is None:
        return wanted == LeaseMode.EXCLUSIVE and any(
            lease.resource == METAVERSE and lease.mode == LeaseMode.SHARED for lease in held
        )
    return exclude(mine, wanted)


def _waits_for_its_system(run: QueuedRun, held: Sequence[HeldLease]) -> bool:
    return any(is_blocked(need, run.place, held) for need in run.needs if need.resource != METAVERSE)

"""Who may start now, who has to wait: the truth tables of engine.md section 3."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.models import RunType
from synchronisation.engine.precedence import (
    METAVERSE,
    HeldLease,
    LeaseNeed,
    Place,
    QueuedRun,
    is_blocked,
    may_start,
    needs_of,
)
from synchronisation.models import LeaseMode

START = datetime(2026, 1, 1, tzinfo=UTC)
IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT


def place(number: int) -> Place:
    """The smaller the number, the older."""
    return Place(START + timedelta(minutes=number), UUID(int=number))


def queued(number: int, run_type: str, system_id: int) -> QueuedRun:
    return QueuedRun(place(number), needs_of(run_type, system_id))


def at_work(number: int, run_type: str, system_id: int) -> list[HeldLease]:
    return [HeldLease(need.resource, need.mode, place(number)) for need in needs_of(run_type, system_id)]


def applying(number: int, system_id: int) -> list[HeldLease]:
    """An import that has read and shares the metaverse."""
    return [*at_work(number, IMPORT, system_id), HeldLease(METAVERSE, LeaseMode.SHARED, place(number))]


def waiting_in_place(number: int, system_id: int) -> list[HeldLease]:
    """An import that has read and waits for the metaverse."""
    return [*at_work(number, IMPORT, system_id), HeldLease(METAVERSE, LeaseMode.WAITING, place(number))]


@pytest.mark.parametrize(
    ("run_type", "expected"),
    [
        (RunType.FULL_IMPORT, {"system:7": LeaseMode.EXCLUSIVE}),
        (RunType.DELTA_IMPORT, {"system:7": LeaseMode.EXCLUSIVE}),
        (RunType.FULL_SYNCHRONISATION, {"system:7": LeaseMode.EXCLUSIVE, "metaverse": LeaseMode.EXCLUSIVE}),
        (RunType.DELTA_SYNCHRONISATION, {"system:7": LeaseMode.EXCLUSIVE, "metaverse": LeaseMode.EXCLUSIVE}),
        (RunType.EXPORT, {"system:7": LeaseMode.EXCLUSIVE, "metaverse": LeaseMode.SHARED}),
    ],
)
def test_needs_of_each_run_type(run_type: RunType, expected: dict[str, LeaseMode]) -> None:
    assert {need.resource: need.mode for need in needs_of(run_type, 7)} == expected


SAME, OTHER = 1, 2


@pytest.mark.parametrize(
    ("held", "run_type", "system_id", "starts"),
    [
        pytest.param(at_work(0, IMPORT, 1), IMPORT, SAME, False, id="import beside import, same system"),
        pytest.param(at_work(0, IMPORT, 1), SYNC, SAME, False, id="synchronisation beside import, same system"),
        pytest.param(at_work(0, IMPORT, 1), EXPORT, SAME, False, id="export beside import, same system"),
        pytest.param(at_work(0, IMPORT, 1), IMPORT, OTHER, True, id="import beside import"),
        pytest.param(at_work(0, IMPORT, 1), SYNC, OTHER, True, id="synchronisation beside a reading import"),
        pytest.param(at_work(0, IMPORT, 1), EXPORT, OTHER, True, id="export beside a reading import"),
        pytest.param(applying(0, 1), IMPORT, OTHER, True, id="import beside an applying import"),
        pytest.param(applying(0, 1), SYNC, OTHER, False, id="synchronisation beside an applying import"),
        pytest.param(applying(0, 1), EXPORT, OTHER, True, id="export beside an applying import"),
        pytest.param(at_work(0, EXPORT, 1), IMPORT, OTHER, True, id="import beside export"),
        pytest.param(at_work(0, EXPORT, 1), SYNC, OTHER, False, id="synchronisation beside export"),
        pytest.param(at_work(0, EXPORT, 1), EXPORT, OTHER, True, id="export beside export"),
        pytest.param(at_work(0, EXPORT, 1), EXPORT, SAME, False, id="export beside export, same system"),
        pytest.param(at_work(0, SYNC, 1), IMPORT, OTHER, True, id="import reads beside synchronisation"),
        pytest.param(at_work(0, SYNC, 1), SYNC, OTHER, False, id="synchronisation beside synchronisation"),
        pytest.param(at_work(0, SYNC, 1), EXPORT, OTHER, False, id="export beside synchronisation"),
    ],
)
def test_held_leases_exclude(held: list[HeldLease], run_type: str, system_id: int, starts: bool) -> None:
    assert may_start(queued(9, run_type, system_id), held, []) is starts


@pytest.mark.parametrize(
    ("held", "older", "run_type", "system_id", "starts"),
    [
        pytest.param([], queued(1, IMPORT, 1), SYNC, SAME, False, id="same system keeps its order"),
        pytest.param([], queued(1, IMPORT, 1), SYNC, OTHER, True, id="an older import wants no metaverse yet"),
        pytest.param([], queued(1, SYNC, 1), EXPORT, OTHER, False, id="a sharer lets the older synchronisation by"),
        pytest.param([], queued(1, EXPORT, 1), SYNC, OTHER, False, id="a synchronisation lets the older export by"),
        pytest.param([], queued(1, EXPORT, 1), EXPORT, OTHER, True, id="sharers do not mind each other"),
        pytest.param(at_work(0, EXPORT, 3), queued(1, SYNC, 1), EXPORT, OTHER, False, id="no more sharers join"),
        pytest.param(
            at_work(0, EXPORT, 3), queued(1, SYNC, 1), IMPORT, OTHER, False, id="nor imports, which will share"
        ),
        pytest.param(
            at_work(0, SYNC, 3), queued(1, SYNC, 1), IMPORT, OTHER, True, id="imports read while another syncs"
        ),
        pytest.param([], queued(1, SYNC, 1), IMPORT, OTHER, True, id="or while the metaverse is free"),
        pytest.param(
            at_work(0, IMPORT, 1), queued(1, SYNC, 1), EXPORT, OTHER, True, id="one that waits for its system"
        ),
    ],
)
def test_older_queued_runs_go_first(
    held: list[HeldLease], older: QueuedRun, run_type: str, system_id: int, starts: bool
) -> None:
    assert may_start(queued(9, run_type, system_id), held, [older]) is starts


def test_younger_queued_runs_do_not_hold_back() -> None:
    assert may_start(queued(1, SYNC, 1), [], [queued(2, SYNC, 1), queued(3, EXPORT, 2)])


@pytest.mark.parametrize(("number", "starts"), [(4, True), (6, False)], ids=["older", "younger"])
def test_import_waiting_in_place_is_overtaken_by_older_synchronisations_only(number: int, starts: bool) -> None:
    assert may_start(queued(number, SYNC, 2), waiting_in_place(5, 1), []) is starts


def test_imports_waiting_in_place_do_not_block_each_other() -> None:
    need = LeaseNeed(METAVERSE, LeaseMode.SHARED)
    assert not is_blocked(need, place(9), waiting_in_place(5, 1))


runs = st.tuples(st.sampled_from([IMPORT, SYNC, EXPORT]), st.integers(1, 3))


@given(st.lists(runs, min_size=1, max_size=8), st.lists(st.integers(0, 2), max_size=40))
def test_every_queue_is_worked_off_with_two_workers(queue: Sequence[tuple[str, int]], sleepers: list[int]) -> None:
    """Imports ask for the metaverse after reading; `sleepers` says which worker takes no step in a round."""
    waiting = [queued(number, *run) for number, run in enumerate(queue)]
    working: list[QueuedRun] = []
    held: list[HeldLease] = []
    for sleeper in [*sleepers, *[None] * 3 * len(queue)]:
        for run in list(waiting):
            if len(working) < 2 and may_start(run, held, waiting):
                waiting.remove(run)
                working.append(run)
                held += [HeldLease(need.resource, need.mode, run.place) for need in run.needs]
        assert working or not waiting, "nobody is at work, and nobody may start"
        for run in [run for worker, run in enumerate(working) if worker != sleeper]:
            held = step_of(run, held)
        working = [run for run in working if any(lease.holder == run.place for lease in held)]
    assert (waiting, working) == ([], [])


def step_of(run: QueuedRun, held: list[HeldLease]) -> list[HeldLease]:
    """The leases after the run's next step: it ends, or as an import asks for the metaverse first."""
    others = [lease for lease in held if lease.holder != run.place]
    mine = [lease for lease in held if lease.holder == run.place]
    if any(lease.resource == METAVERSE and lease.mode != LeaseMode.WAITING for lease in mine):
        return others
    blocked = is_blocked(LeaseNeed(METAVERSE, LeaseMode.SHARED), run.place, others)
    mode = LeaseMode.WAITING if blocked else LeaseMode.SHARED
    return [*others, *(lease for lease in mine if lease.resource != METAVERSE), HeldLease(METAVERSE, mode, run.place)]

"""The order of steps, as truth tables: what starts next, and how an execution ends."""

import pytest

from synchronisation.models import ExecutionStatus, StepMode, StepStatus
from synchronisation.step_order import Next, StepState, groups, next_of

DONE, FAILED, RUNNING = StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.PROCESSING
PENDING, WAITING, CANCELLED = StepStatus.PENDING, StepStatus.WAITING, StepStatus.CANCELLED
ERRORS = StepStatus.COMPLETED_WITH_ERROR


def steps(*described: tuple[int, StepStatus], going_on: bool = False) -> list[StepState]:
    return [
        StepState(position, index, StepMode.SEQUENTIAL, status, going_on)
        for position, (index, status) in enumerate(described)
    ]


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ([(0, PENDING), (1, PENDING)], Next(0, (0,))),
        ([(0, RUNNING), (1, PENDING)], Next(0)),
        ([(0, WAITING), (1, PENDING)], Next(0, (0,))),
        ([(0, DONE), (1, PENDING)], Next(1, (1,))),
        ([(0, ERRORS), (1, PENDING)], Next(1, (1,))),
        ([(0, DONE), (1, DONE)], Next(1, end=ExecutionStatus.COMPLETED)),
        ([(0, FAILED), (1, PENDING)], Next(0, end=ExecutionStatus.FAILED)),
        ([(0, CANCELLED), (1, PENDING)], Next(0, end=ExecutionStatus.FAILED)),
        ([(3, PENDING), (3, PENDING), (7, PENDING)], Next(3, (0, 1))),
        ([(3, DONE), (3, RUNNING), (7, PENDING)], Next(3)),
        ([(3, FAILED), (3, RUNNING), (7, PENDING)], Next(3)),
        ([(3, FAILED), (3, DONE), (7, PENDING)], Next(3, end=ExecutionStatus.FAILED)),
    ],
)
def test_what_follows(described: list[tuple[int, StepStatus]], expected: Next) -> None:
    assert next_of(steps(*described)) == expected


def test_failure_is_passed_over_where_the_step_says_so() -> None:
    assert next_of(steps((0, FAILED), (1, PENDING), going_on=True)) == Next(1, (1,))
    assert next_of(steps((0, FAILED), (1, FAILED), going_on=True)) == Next(1, end=ExecutionStatus.COMPLETED)


def test_step_joins_the_group_before_it_by_index_or_by_mode() -> None:
    together = StepMode.PARALLEL_WITH_PREVIOUS
    modes = [(0, together), (0, StepMode.SEQUENTIAL), (1, together), (2, StepMode.SEQUENTIAL), (3, together)]
    found = groups([StepState(n, index, mode, PENDING) for n, (index, mode) in enumerate(modes)])
    assert [[step.position for step in group] for group in found] == [[0, 1, 2], [3, 4]]

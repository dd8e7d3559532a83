"""The order of a schedule's steps: which run together, and what is to be done next.

In: the steps of an execution, in order, and how each stands. Out: which to start, or how the execution ends.
Always: pure. Steps of one index, and one that says `ParallelWithPrevious`, run together; the next ones begin when all
of them have ended. A step that failed or was cancelled ends the execution, unless it says to go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from synchronisation.models import ExecutionStatus, StepMode, StepStatus

ENDED = frozenset(
    {
        StepStatus.COMPLETED,
        StepStatus.COMPLETED_WITH_WARNING,
        StepStatus.COMPLETED_WITH_ERROR,
        StepStatus.FAILED,
        StepStatus.CANCELLED,
    }
)
UNSUCCESSFUL = frozenset({StepStatus.FAILED, StepStatus.CANCELLED})
"""Errors of single objects are everyday life: a step that is Completed with Error lets the next one begin."""

STARTABLE = frozenset({StepStatus.PENDING, StepStatus.WAITING})


@dataclass(frozen=True, slots=True)
class StepState:
    """position: of the step in its execution."""

    position: int
    step_index: int
    execution_mode: str
    status: StepStatus
    continue_on_failure: bool = False


@dataclass(frozen=True, slots=True)
class Next:
    """end: how the execution ends, None while it goes on. start: positions. step_index: where it stands."""

    step_index: int
    start: tuple[int, ...] = ()
    end: ExecutionStatus | None = None


def next_of(steps: Sequence[StepState]) -> Next:
    """What follows from how the steps stand."""
    step_index = 0
    for group in groups(steps):
        step_index = group[0].step_index
        if any(step.status not in ENDED for step in group):
            return Next(step_index, tuple(step.position for step in group if step.status in STARTABLE))
        if any(step.status in UNSUCCESSFUL and not step.continue_on_failure for step in group):
            return Next(step_index, end=ExecutionStatus.FAILED)
    return Next(step_index, end=ExecutionStatus.COMPLETED)


def groups(steps: Sequence[StepState]) -> list[list[StepState]]:
    """The steps that run together, in order."""
    found: list[list[StepState]] = []
    for step in steps:
        together = step.execution_mode == StepMode.PARALLEL_WITH_PREVIOUS
        if found and (together or step.step_index == found[-1][-1].step_index):
            found[-1].append(step)
        else:
            found.append([step])
    return found

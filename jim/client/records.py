"""What the API's answers look like to callers of the client."""

from dataclasses import dataclass
from typing import Any, Self

JsonObject = dict[str, Any]
"""A resource as the API sends it, camelCase names included (see the API reference)."""

IN_PROGRESS = "InProgress"


@dataclass(frozen=True, slots=True)
class Execution:
    """A run that was accepted. warnings: what is legal but probably not meant."""

    activity_id: str
    task_id: str
    message: str
    warnings: tuple[str, ...]

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        return cls(body["activityId"], body["taskId"], body["message"], tuple(body["warnings"]))

    def to_json(self) -> JsonObject:
        return {
            "activityId": self.activity_id,
            "taskId": self.task_id,
            "message": self.message,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands. Unknown numbers are None; phase is empty while the run waits for its turn.

    phase_index: from 0. objects_processed, objects_to_process, percent, seconds_remaining: of the current phase.
    """

    status: str
    phase: str
    phase_index: int
    phase_count: int
    objects_processed: int
    objects_to_process: int | None
    percent: float | None
    objects_per_second: float | None
    seconds_remaining: float | None

    @classmethod
    def from_json(cls, body: JsonObject) -> Self:
        return cls(
            status=body["status"],
            phase=body["phase"] or "",
            phase_index=body["phaseIndex"] or 0,
            phase_count=body["phaseCount"] or 0,
            objects_processed=body["objectsProcessed"] or 0,
            objects_to_process=body["objectsToProcess"],
            percent=body["percent"],
            objects_per_second=body["objectsPerSecond"],
            seconds_remaining=body["secondsRemaining"],
        )

    @property
    def is_over(self) -> bool:
        return self.status != IN_PROGRESS

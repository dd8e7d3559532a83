"""Run: the steps of each kind of run, in order, and how a run ends.

    import           read -> judge -> apply -> obsolete -> confirm -> resolve references -> confirm references
    synchronisation  remove obsolete -> synchronise (join, project, flow, provision) -> judge deletions -> references
    export           export -> references that had to wait for their objects
    housekeeping     delete identities whose grace period is over -> references
    clearing         remove all objects of a system; the metaverse stays as it is
    deletion         remove all objects of a system -> judge deletions -> references -> remove the system

In: an activity whose leases were taken under a fence. Out: a terminal activity, or LeaseLostError or
StopRequestedError when the run goes on elsewhere.
"""

import gc
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import orjson
from django.db import connection, transaction
from psycopg import sql as psql

from activities.models import Activity, ActivityProgress, ActivityStatus, RunType
from activities.statistics import Counter as STAT
from connectors.errors import ConnectorError
from synchronisation.expressions.errors import ExpressionError
from synchronisation.models import ConnectedSystem, Partition, Watermark
from synchronisation.rules.scope import CriterionError
from synchronisation.service_settings import SYNC_PAGE_SIZE, override_of

from . import (
    apply,
    deferred,
    deletion,
    export,
    housekeeping,
    judge,
    precedence,
    reference_confirm,
    references,
    removal,
    resolve,
    stage,
    synchronise,
)
from .configuration import specification_of
from .errors import RunFailedError, StopRequestedError
from .leases import hold
from .pages import Run
from .statements import sql

EXPECTED_FAILURES = (ConnectorError, RunFailedError, CriterionError, ExpressionError)
"""What an administrator can mend: the store, or a rule that no longer fits its attributes. Shown without a trace."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One step. name: what progress shows; writes: tables whose statistics it makes stale.

    shares_metaverse: it begins by waiting for a share of the metaverse, which its run did not start with.
    """

    name: str
    work: Callable[[Run], None]
    writes: tuple[str, ...] = ()
    shares_metaverse: bool = False


IMPORT = (
    Phase("Reading", stage.read),
    Phase("Judging", judge.judge, shares_metaverse=True),
    Phase("Applying", apply.apply_staged, ("cso", "cso_reference", "item_of", "pending_export"), shares_metaverse=True),
    Phase("Obsoleting", apply.obsolete_missing, shares_metaverse=True),
    Phase("Confirming", apply.confirm_unchanged, shares_metaverse=True),
    Phase("Resolving references", resolve.resolve_references, shares_metaverse=True),
    Phase("Confirming references", reference_confirm.confirm_references, shares_metaverse=True),
)
SYNCHRONISATION = (
    Phase("Preparing", synchronise.prepare),
    Phase("Removing obsolete objects", synchronise.remove_obsolete, ("cso", "cso_join")),
    Phase(
        "Synchronising", synchronise.synchronise_active, ("cso", "cso_join", "mvo", "mvo_match_key", "pending_export")
    ),
    Phase("Judging deletions", deletion.judge_freed, ("mvo", "pending_export")),
    Phase("Flowing references", references.flow_references, ("mvo_reference", "pending_export_reference")),
    Phase("Remembering unjoined objects", synchronise.remember_unjoined, ("cso_match_key",)),
)
HOUSEKEEPING = (
    Phase("Preparing", housekeeping.prepare),
    Phase("Deleting identities", housekeeping.delete_due, ("mvo", "pending_export")),
    Phase("Flowing references", references.flow_references, ("mvo_reference", "pending_export_reference")),
)
CLEARING = (
    Phase("Preparing", removal.prepare),
    Phase("Clearing", removal.clear_objects),
    Phase("Removing change history", removal.forget_history),
    Phase("Forgetting positions", removal.forget_positions),
)
DELETION = (
    Phase("Preparing", removal.prepare),
    Phase("Removing objects", removal.remove_objects),
    Phase("Judging deletions", deletion.judge_freed, ("mvo", "pending_export")),
    Phase("Flowing references", references.flow_references, ("mvo_reference", "pending_export_reference")),
    Phase("Removing change history", removal.forget_history),
    Phase("Removing the system", removal.forget_system),
)
EXPORT = (
    Phase("Preparing", export.prepare),
    Phase("Exporting", export.export_due, ("cso", "pending_export")),
    Phase("Exporting references", deferred.export_references, ("pending_export_reference",)),
)
PIPELINES: dict[str, tuple[Phase, ...]] = {
    RunType.FULL_IMPORT: IMPORT,
    RunType.DELTA_IMPORT: IMPORT,
    RunType.FULL_SYNCHRONISATION: SYNCHRONISATION,
    RunType.DELTA_SYNCHRONISATION: SYNCHRONISATION,
    RunType.EXPORT: EXPORT,
    precedence.HOUSEKEEPING: HOUSEKEEPING,
    precedence.CLEARING: CLEARING,
    precedence.DELETION: DELETION,
}


def perform(activity_id: UUID, fence: int) -> None:
    """Work the run off from its checkpoint and end its activity.

    Raises: LeaseLostError (another worker has it), StopRequestedError (give the lease back).
    """
    try:
        run = _open(activity_id, fence)
    except EXPECTED_FAILURES as error:
        _end_unopened(activity_id, fence, str(error))
        return
    run.page_size = override_of(SYNC_PAGE_SIZE) or run.page_size
    phases = PIPELINES[run.specification.run_type]
    try:
        # A page makes tens of thousands of objects, which reference counting frees: there are no cycles to look for.
        gc.disable()
        while run.phase_index < len(phases):
            phase = phases[run.phase_index]
            run.begin_phase(phase.name, len(phases))
            if phase.shares_metaverse:  # a run that was taken over starts without it
                judge.share_metaverse(run)
            phase.work(run)
            run.finish_phase(phase.writes)
    except StopRequestedError as stop:
        if not stop.cancelled:
            raise
        _end(run, ActivityStatus.CANCELLED)
    except EXPECTED_FAILURES as error:
        _end(run, ActivityStatus.FAILED_WITH_ERROR, error_message=str(error))
    else:
        _complete(run)
    finally:
        gc.enable()


def fail(activity_id: UUID, fence: int, error: Exception) -> None:
    """End a run that met something unexpected. Raises: LeaseLostError."""
    message = f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    if ActivityProgress.objects.get(pk=activity_id).configuration is None:
        _end_unopened(activity_id, fence, message, trace)
    else:
        run = _open(activity_id, fence)
        _end(run, ActivityStatus.FAILED_WITH_ERROR, error_message=message, error_stack_trace=trace)


def _end_unopened(activity_id: UUID, fence: int, message: str, trace: str | None = None) -> None:
    """End a run whose configuration cannot be read: it has done nothing. Raises: LeaseLostError."""
    with transaction.atomic():
        connection.ensure_connection()
        hold(connection.connection.cursor(), activity_id, fence)
        Activity.objects.filter(pk=activity_id).update(
            status=ActivityStatus.FAILED_WITH_ERROR,
            ended=datetime.now(UTC),
            error_message=message,
            error_stack_trace=trace,
        )


def _open(activity_id: UUID, fence: int) -> Run:
    """The run as its last page left it; the first time, with its specification fixed and its tables made."""
    activity = Activity.objects.get(pk=activity_id)
    progress = ActivityProgress.objects.get(pk=activity_id)
    if progress.configuration is None:
        specification = specification_of(activity, datetime.now(UTC))
        progress.configuration = orjson.loads(msgspec.json.encode(specification))
        with transaction.atomic():
            ActivityProgress.objects.filter(pk=activity_id).update(configuration=progress.configuration)
            run = Run(activity, progress, fence)
            _make_tables(run)
        return run
    return Run(activity, progress, fence)


def _make_tables(run: Run) -> None:
    cursor = run.connection.cursor()
    hold(cursor, run.activity_id, run.fence)
    schema = psql.Identifier(run.schema)
    cursor.execute(psql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
    cursor.execute(psql.SQL("SET LOCAL search_path = {}, public").format(schema))
    cursor.execute(sql("make_run_tables"))
    cursor.execute("SELECT ensure_item_partitions(%s)", (run.month,))


def _complete(run: Run) -> None:
    """End a run whose phases are all done, by what its counters say (engine.md section 3.4)."""
    counters = run.counters
    all_failed = 0 < counters[STAT.OBJECT_ERRORS] >= counters[STAT.OBJECTS_PROCESSED]
    if all_failed and not run.facts["old_errors"]:
        message = f"All {counters[STAT.OBJECT_ERRORS]} objects processed failed; see the execution items."
        _end(run, ActivityStatus.FAILED_WITH_ERROR, error_message=message, advance=True)
    elif counters[STAT.OBJECT_ERRORS]:
        _end(run, ActivityStatus.COMPLETE_WITH_ERROR, advance=True)
    elif run.facts["warnings"]:
        _end(run, ActivityStatus.COMPLETE_WITH_WARNING, advance=True)
    else:
        _end(run, ActivityStatus.COMPLETE, advance=True)


def _end(
    run: Run,
    status: ActivityStatus,
    *,
    error_message: str | None = None,
    error_stack_trace: str | None = None,
    advance: bool = False,
) -> None:
    """The run's last transaction: marks, status, and its own tables gone. Raises: LeaseLostError."""
    with transaction.atomic():
        cursor = run.connection.cursor()
        hold(cursor, run.activity_id, run.fence)
        if advance:
            _advance_marks(run)
        Activity.objects.filter(pk=run.activity_id).update(
            status=status,
            ended=datetime.now(UTC),
            warning_message="\n".join(run.facts["warnings"]) or None,
            error_message=error_message,
            error_stack_trace=error_stack_trace,
        )
        processed = run.counters[STAT.OBJECTS_PROCESSED]
        ActivityProgress.objects.filter(pk=run.activity_id).update(
            objects_processed=processed, objects_to_process=processed, configuration=None, checkpoint={}
        )
        cursor.execute(psql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(psql.Identifier(run.schema)))


def _advance_marks(run: Run) -> None:
    """Later deltas go on from where this run began (engine.md sections 4.8 and 5)."""
    specification = run.specification
    partitions = {None, *Partition.objects.filter(system=specification.system.id).values_list("pk", flat=True)}
    for partition_id, position in run.facts.get("watermarks", ()):
        known = stage.watermarks_of(specification.system.id, partition_id)
        if not known.update(position=position) and partition_id in partitions:
            Watermark.objects.create(system_id=specification.system.id, partition_id=partition_id, position=position)
    if run.facts.get("upper") is not None:
        ConnectedSystem.objects.filter(pk=specification.system.id).update(sync_mark=run.facts["upper"])

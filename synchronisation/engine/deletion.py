"""Deletion: what becomes of MVOs that lost a CSO of the synchronised system and found no other, or lost an account.

In: the `freed` and `lost_account` rows of this run. Out: MVOs deleted or marked, their accounts deprovisioned, or for
those that stay values recalled and the outbound rules judged once more; and the item of each CSO that left, written
here once.
Always: an MVO whose accounts' deletes are queued stays, as obsolete, until the last of them has been exported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from synchronisation.rules.contribution import withdrawn
from synchronisation.rules.deletion import Judgement, Verdict, is_connector, judge_deletion
from synchronisation.rules.errors import ObjectError
from synchronisation.rules.inbound import commit
from synchronisation.rules.outbound import deprovision, synchronise_outbound
from synchronisation.rules.world import Account, Mvo, World

from .amend import Amended, write_amended, written_item
from .bulk import array_of
from .items import Item, Outcome
from .load import empty_world, load_mvos, load_unjoined
from .pages import Page, Run
from .statements import sql
from .synchronise import Synchroniser, attribute_changes, effect_outcomes, leave_over
from .write import write_world


def judge_freed(run: Run) -> None:
    """Judge every freed MVO, in the order in which they were freed."""
    judge = _Judge(run)
    with run.page() as page:
        row: Any = page.cursor.execute(sql("count_freed")).fetchone()
        run.expect(row[0])
    while judge.page():
        pass
    while judge.page_of_lost_accounts():
        pass


class Freed(NamedTuple):
    """A CSO that left its MVO, and how; the columns of `freed_page`."""

    ordinal: int
    mvo_id: str
    cso_id: str
    external_id: str | None
    display_name: str | None
    object_type: str
    object_type_id: int
    outcome: str


@dataclass(slots=True)
class Verdicts:
    """What a page's judgements leave to be done together.

    marked: (MVO id, when it may be deleted, the system it lost); kept: MVOs that stay, with the item and outcome of the
    CSO that left; deleted: ids of those that went for the loss of an account.
    """

    marked: list[tuple[str, datetime, int]] = field(default_factory=list)
    kept: list[tuple[Item, Outcome, Mvo]] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)


class Deleter:
    """Deletes MVOs of one run: their accounts are deprovisioned as the export rules say."""

    def __init__(self, run: Run) -> None:
        self.deleting_rules = {
            rule.id for rule in run.specification.rules if not rule.is_import and rule.provisions and rule.deletes
        }
        self.system_names = {system.id: system.name for system in run.specification.systems}

    def delete(self, world: World, mvo: Mvo, cause: Outcome) -> None:
        """The MVO goes, or is obsolete until its accounts are gone; what that queues is told below `cause`."""
        for system_id, account in list(mvo.accounts.items()):
            is_gone = account.status == "Obsolete"  # its own system's synchronisation removes it
            if deprovision(account, deletes=not is_gone and account.rule_id in self.deleting_rules):
                cause.add(self._queued(account))
            if account.is_removed or account.is_disconnected:
                world.removed_accounts.append(mvo.accounts.pop(system_id))
        if mvo.accounts:
            mvo.became_obsolete = not mvo.is_obsolete
            mvo.is_obsolete = True
        else:
            world.deleted_mvos.append(mvo)

    def _queued(self, account: Account) -> Outcome:
        export_id = account.export.id if account.export else None
        name = self.system_names.get(account.system_id)
        return Outcome("PendingExportCreated", 1, name, pending_export_id=export_id)


class _Judge:
    """Judges pages of freed MVOs; carries rules and names from page to page."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.synchroniser = Synchroniser(run)
        self.rules = self.synchroniser.rules
        self.deleter = Deleter(run)
        self.system_id = run.specification.system.id
        self.recalling_types = {kind.id for kind in run.specification.own_types() if kind.recall}

    def page(self) -> bool:
        """Judge the next page; False when there is none."""
        with self.run.page() as page:
            after = self.run.position.get("freed", 0)
            page.cursor.execute(sql("freed_page"), {"after": after, "limit": self.run.page_size})
            rows = [Freed(*columns) for columns in page.cursor.fetchall()]
            if not rows:
                return False
            world = empty_world(page.cursor)
            for mvo in load_mvos(page.cursor, {row.mvo_id for row in rows}, None):
                world.add(mvo)
            verdicts = Verdicts()
            for row in rows:
                page.items.append(self._judge(page, world, row, verdicts))
            self._keep(page, world, verdicts)
            _mark(page, verdicts.marked)
            write_world(page, self.run, world, self.rules, self.synchroniser.max_attempts)
            page.processed = len(rows)
            page.position["freed"] = rows[-1].ordinal
        return True

    def _judge(self, page: Page, world: World, row: Freed, verdicts: Verdicts) -> Item:
        """The item of one CSO that left, and what its leaving did."""
        left = Outcome(row.outcome)
        change = "Delete" if row.outcome == "Disconnected" else "Update"
        item = Item(
            row.external_id, row.display_name, row.object_type, change,
            cso_id=row.cso_id, mvo_id=row.mvo_id, outcomes=[left],
        )  # fmt: skip
        mvo = world.mvos.get(row.mvo_id)
        if mvo is None or self.system_id in mvo.accounts:
            return item  # gone already, or joined again by another object
        if mvo.is_obsolete:
            self.deleter.delete(world, mvo, left)
            return item
        judgement = judge_deletion(mvo, self.rules.types[mvo.type_id], lost_system_id=self.system_id)
        if judgement.verdict is Verdict.DELETE:
            self.deleter.delete(world, mvo, left.add(Outcome("MvoDeleted")))
            return item
        is_staying = judgement.verdict is Verdict.KEEP and not mvo.deletion_eligible
        recalls = is_staying and row.object_type_id in self.recalling_types
        try:
            self._withdraw(world, mvo, item, keeps_values=not recalls)
        except ObjectError as error:
            item.error_type, item.error_message = error.error_type, str(error)
        if judgement.verdict is Verdict.MARK:
            self._schedule(page, mvo, judgement, self.system_id, left, verdicts)
        verdicts.kept.append((item, left, mvo))
        return item

    def _schedule(
        self, page: Page, mvo: Mvo, judgement: Judgement, lost: int, cause: Outcome, verdicts: Verdicts
    ) -> None:
        """The MVO is to be deleted later. lost: the system that it lost its CSO of."""
        verdicts.marked.append((mvo.id, page.now + timedelta(seconds=judgement.grace_seconds), lost))
        if not mvo.deletion_eligible:
            mvo.deletion_eligible = True
            cause.add(Outcome("MvoDeletionScheduled"))

    def page_of_lost_accounts(self) -> bool:
        """Judge the next MVOs from which the export rules took an account; False when there are none."""
        with self.run.page() as page:
            run = self.run
            parameters = {"after": run.position.get("lost", 0), "limit": run.page_size}
            parameters |= {"month": run.month, "activity": run.activity_id}
            rows = page.cursor.execute(sql("lost_account_page"), parameters).fetchall()
            if not rows:
                return False
            world = empty_world(page.cursor)
            for mvo in load_mvos(page.cursor, {row[1] for row in rows}, None):
                world.add(mvo)
            verdicts = Verdicts()
            told: dict[int, Amended] = {}
            for _, mvo_id, system_id, item_ordinal, *columns in rows:
                amended = told.setdefault(item_ordinal, _written(mvo_id, item_ordinal, columns))
                found = world.mvos.get(mvo_id)
                if found is not None:
                    self._judge_loss(page, world, found, system_id, _cause(amended.item), verdicts)
            write_amended(run, page, told.values())
            _mark(page, verdicts.marked)
            write_world(page, self.run, world, self.rules, self.synchroniser.max_attempts)
            page.position["lost"] = rows[-1][0]
        return True

    def _judge_loss(self, page: Page, world: World, mvo: Mvo, lost: int, cause: Outcome, verdicts: Verdicts) -> None:
        """What the export rules did to an MVO's account may make its deletion rule fire, as any other loss."""
        if mvo.is_obsolete or mvo.id in verdicts.deleted:
            return
        judgement = judge_deletion(mvo, self.rules.types[mvo.type_id], lost_system_id=lost)
        if judgement.verdict is Verdict.DELETE:
            verdicts.deleted.add(mvo.id)
            self.deleter.delete(world, mvo, cause.add(Outcome("MvoDeleted")))
        elif judgement.verdict is Verdict.MARK:
            self._schedule(page, mvo, judgement, lost, cause, verdicts)

    def _withdraw(self, world: World, mvo: Mvo, item: Item, *, keeps_values: bool) -> None:
        """The system that lost its object holds nothing of the MVO any more. Raises: ObjectError."""
        others = partial(world.contributors, without=self.system_id)
        document, holders = withdrawn(mvo, self.rules, self.system_id, others, keeps_values=keeps_values)
        flows = commit(mvo, document, holders, world, self.rules.matchers.get(mvo.type_id, ()))
        if flows:
            item.outcomes[0].add(Outcome("AttributeFlow", flows))
            item.changes = attribute_changes(mvo)

    def _keep(self, page: Page, world: World, verdicts: Verdicts) -> None:
        """Losing an account counts as a change: what staying MVOs need in the targets goes into the items."""
        load_unjoined(page.cursor, world, [mvo for _, _, mvo in verdicts.kept], self.rules)
        needs = [(*kept, list(synchronise_outbound(kept[2], world, self.rules))) for kept in verdicts.kept]
        self.synchroniser.settle_collisions(page.cursor, world, [(None, effects) for *_, effects in needs])
        for item, cause, mvo, effects in needs:
            for effect in effects:
                for outcome in effect_outcomes(effect):
                    cause.add(outcome)
                if effect.error is not None and item.error_type is None:
                    item.error_type, item.error_message = effect.error.error_type, str(effect.error)
            if any(effect.waits for effect in effects):
                leave_over(page.cursor, [(a.cso_id, a.system_id) for a in mvo.accounts.values() if is_connector(a)])
            for effect in effects:
                if effect.takes_a_connector:
                    self._judge_loss(page, world, mvo, effect.target.system_id, cause, verdicts)


def _written(mvo_id: str, ordinal: int, columns: Sequence[Any]) -> Amended:
    """An item as `lost_account_page` has it."""
    cso_id, external_id, display_name, object_type, change_type, error_type, *told = columns
    item = Item(external_id, display_name, object_type, change_type, error_type, None, cso_id, mvo_id)
    return written_item(item, ordinal, *told)


def _cause(item: Item) -> Outcome:
    """The last thing the item tells, which is what the export rules did."""
    last = item.outcomes[-1]
    while last.children:
        last = last.children[-1]
    return last


def _mark(page: Page, marked: Sequence[tuple[str, datetime, int]]) -> None:
    if marked:
        ids, eligible, systems = zip(*marked, strict=True)
        parameters = {"ids": array_of(ids), "eligible": list(eligible), "systems": list(systems), "now": page.now}
        page.cursor.execute(sql("mark_for_deletion"), parameters)

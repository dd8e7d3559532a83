"""Deletion: what becomes of MVOs that lost a CSO of the synchronised system and found no other.

In: the `freed` rows of this run. Out: MVOs deleted or marked, their accounts deprovisioned, or for those that stay the
outbound rules judged once more; and the item of each CSO that left, written here once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from synchronisation.rules.deletion import Verdict, judge_deletion
from synchronisation.rules.outbound import Effect, deprovision, synchronise_outbound
from synchronisation.rules.world import Account, Mvo, World

from .bulk import uuid_array
from .items import Item, Outcome
from .load import load_mvos
from .pages import Page, Run
from .statements import sql
from .synchronise import Synchroniser, effect_outcome
from .write import write_world


def judge_freed(run: Run) -> None:
    """Judge every freed MVO, in the order in which they were freed."""
    judge = _Judge(run)
    with run.page() as page:
        row: Any = page.cursor.execute(sql("count_freed")).fetchone()
        run.expect(row[0])
    while judge.page():
        pass


class _Judge:
    """Judges pages of freed MVOs; carries rules and names from page to page."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.synchroniser = Synchroniser(run)
        self.rules = self.synchroniser.rules
        self.deleting_rules = {
            rule.id for rule in run.specification.rules if not rule.is_import and rule.provisions and rule.deletes
        }
        self.system_names = {system.id: system.name for system in run.specification.systems}

    def page(self) -> bool:
        """Judge the next page; False when there is none."""
        with self.run.page() as page:
            after = self.run.position.get("freed", 0)
            page.cursor.execute(sql("freed_page"), {"after": after, "limit": self.run.page_size})
            rows = page.cursor.fetchall()
            if not rows:
                return False
            world = World(lambda key: [])
            for mvo in load_mvos(page.cursor, {row[1] for row in rows}, None):
                world.add(mvo)
            verdicts = _Verdicts()
            for row in rows:
                page.items.append(self._judge(page, world, row, verdicts))
            self._keep(page, world, verdicts.kept)
            _mark(page, verdicts.marked)
            write_world(page.cursor, world, self.rules, page.now, self.synchroniser.max_attempts)
            page.processed = len(rows)
            self.run.position["freed"] = rows[-1][0]
        return True

    def _judge(self, page: Page, world: World, row: tuple[Any, ...], verdicts: "_Verdicts") -> Item:
        """The item of one CSO that left, and what its leaving did."""
        _, mvo_id, cso_id, external_id, display_name, object_type = row
        disconnected = Outcome("Disconnected")
        item = Item(
            external_id, display_name, object_type, "Delete", cso_id=cso_id, mvo_id=mvo_id, outcomes=[disconnected]
        )
        mvo = world.mvos.get(mvo_id)
        if mvo is None or self.run.specification.system.id in mvo.accounts:
            return item  # gone already, or joined again by another object
        kind = self.rules.types[mvo.type_id]
        judgement = judge_deletion(mvo, kind, lost_system_id=self.run.specification.system.id)
        if judgement.verdict is Verdict.DELETE:
            self._delete(world, mvo, disconnected)
        elif judgement.verdict is Verdict.MARK:
            verdicts.marked.append((mvo.id, page.now + timedelta(seconds=judgement.grace_seconds)))
            disconnected.add(Outcome("MvoDeletionScheduled"))
        else:
            # Losing an account counts as a change: a target that lost it may get it anew.
            verdicts.kept.append((item, disconnected, list(synchronise_outbound(mvo, self.rules))))
        return item

    def _delete(self, world: World, mvo: Mvo, cause: Outcome) -> None:
        deleted = cause.add(Outcome("MvoDeleted"))
        world.deleted_mvos.append(mvo)
        for account in mvo.accounts.values():
            if deprovision(account, deletes=account.rule_id in self.deleting_rules):
                deleted.add(self._queued(account))
            world.removed_accounts.append(account)

    def _queued(self, account: Account) -> Outcome:
        export_id = account.export.id if account.export else None
        name = self.system_names.get(account.system_id)
        return Outcome("PendingExportCreated", 1, name, pending_export_id=export_id)

    def _keep(self, page: Page, world: World, kept: Sequence["_Kept"]) -> None:
        """Put what staying MVOs need into the items."""
        self.synchroniser.settle_collisions(
            page.cursor, world, [effect for _, _, effects in kept for effect in effects]
        )
        for item, cause, effects in kept:
            for effect in effects:
                if effect.queued:
                    cause.add(effect_outcome(effect))
                if effect.error is not None and item.error_type is None:
                    item.error_type, item.error_message = effect.error.error_type, str(effect.error)


_Kept = tuple[Item, Outcome, list[Effect]]
"""(the item of the CSO that left, its outcome, what the MVO needs in the targets now)."""


@dataclass(slots=True)
class _Verdicts:
    """What a page's judgements leave to be done together. marked: (MVO id, when it may be deleted)."""

    marked: list[tuple[str, datetime]] = field(default_factory=list)
    kept: list[_Kept] = field(default_factory=list)


def _mark(page: Page, marked: Sequence[tuple[str, datetime]]) -> None:
    if marked:
        ids, eligible = zip(*marked, strict=True)
        parameters = {"ids": uuid_array(ids), "eligible": list(eligible), "now": page.now}
        page.cursor.execute(sql("mark_for_deletion"), parameters)

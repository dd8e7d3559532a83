"""References flow: from connected systems to the metaverse, and from there to the accounts in the targets.

    reference of a CSO -> reference of its MVO -> reference of the MVO's account in a target -> queued change

In: references that changed since the mark (in a full synchronisation all), and joins that were made or cut. Out:
mvo_reference, pending_export_reference, and what happened on the items. Always: in sets, in ranges of rows; what is
wanted follows from rows alone, so a range may be judged in any order, and twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from typing import Any, LiteralString

from psycopg import Cursor
from uuid_utils import uuid7

from activities.statistics import Counter as STAT
from synchronisation.models import ConnectedSystem
from synchronisation.rules.errors import MultiValuedToSingleValuedError
from synchronisation.rules.references import Inflow, Outflow, ReferenceFlows, reference_flows

from .amend import Amended, write_amended, written_item
from .bulk import array_of, copy_rows
from .items import Item, Outcome
from .pages import LOOK_UPS_ONLY, Page, Run
from .precedence import DELETION, HOUSEKEEPING
from .reference_scopes import ReferenceScopes
from .statements import sql
from .work import read_work

ROWS_PER_OBJECT = 4
"""References a page, per object of its size: one takes a fourth of the time that an object with its values takes."""

FIRST_KEY = ("00000000-0000-0000-0000-000000000000", 0, "00000000-0000-0000-0000-000000000000")
ANY_NUMBER = 2**63 - 1

CAUSES = ("AttributeFlow", "Joined", "Projected", "Disconnected", "DisconnectedOutOfScope")
"""Outcomes that an export of references can be due to, the nearest cause first."""

Step = Callable[[], bool]
Queued = tuple[str, str, int, int, str]
"""(account, its MVO, system, rule, pending export)."""
Refused = tuple[str, str, int]
"""(object, its MVO, attribute that cannot take several values)."""


def write_flows(cursor: Cursor[Any], flows: ReferenceFlows) -> None:
    """Put the mappings where statements find them."""
    if flows:
        cursor.execute(sql("forget_reference_flows"))
        copy_rows(cursor, "reference_inflow", Inflow.__slots__, map(astuple, flows.inbound))
        copy_rows(cursor, "reference_outflow", Outflow.__slots__, map(astuple, flows.outbound))


def announce_references(cursor: Cursor[Any], flows: ReferenceFlows, items: Iterable[Item]) -> None:
    """Let the items of new MVOs count the reference attributes that the phase is going to fill, and be written once.

    Where it turns out otherwise, the phase takes it back.
    """
    new = {item.mvo_id: item for item in items if item.change_type == "Add" and item.mvo_id and item.outcomes}
    if not flows.inbound or not new:
        return
    ids = array_of(item.cso_id for item in new.values() if item.cso_id)
    for mvo_id, count in cursor.execute(sql("announce_references"), {"ids": ids}):
        _add_flows(new[mvo_id], count)


def flow_references(run: Run) -> None:
    """Let references flow; costs nothing where no mapping writes any."""
    flows = reference_flows(run.specification)
    if flows:
        _Phase(run, flows).work()


class _Phase:
    """The steps of the phase. What run.position holds: the step and where it is, and how far joins were looked at."""

    def __init__(self, run: Run, flows: ReferenceFlows) -> None:
        self.run = run
        self.flows = flows
        self.full = run.specification.run_type == "FullSynchronisation"
        self.system_id = run.specification.system.id
        self.judge = _Judge(run, flows, full=self.full)
        self.has_objects = run.specification.run_type not in (HOUSEKEEPING, DELETION)
        self.limit = run.page_size * ROWS_PER_OBJECT

    def work(self) -> None:
        if "step" not in self.run.position:
            self._begin()
        steps = self._steps()
        while (number := self.run.position["step"]) < len(steps):
            while steps[number]():
                pass
            self.run.position |= {"step": number + 1, "after": 0}
        if number == len(steps):
            self._finish(number + 1)

    def _steps(self) -> list[Step]:
        """Values of the metaverse first, then what accounts lack or have too much. Housekeeping has no system, and one
        that is deleted no objects any more.
        """
        if not self.has_objects:
            return [self._orphaned, self._joins, self._accounts]
        own = [self._changed, self._removed, self._orphaned]
        if self.full:
            own.append(self._held)
        elif any(flow.scoped for flow in self.flows.inbound):
            own.append(self._rescoped)
        return [*own, self._joins, self._accounts, *self._drift(), self._unkept]

    def _drift(self) -> list[Step]:
        """Targets whose own values are compared: the run's system if it is one, in a full synchronisation all."""
        enforced = sorted({flow.system_id for flow in self.flows.outbound if flow.enforced})
        steps: list[Step] = [self._missed] if self.system_id in enforced and not self.full else []
        for system_id in enforced:
            if self.full or system_id == self.system_id:
                steps.append(lambda system_id=system_id: self._drifted(system_id))  # type: ignore[misc]
        return steps

    def _begin(self) -> None:
        """Fix what the phase looks at, and where the items are that earlier phases wrote."""
        run = self.run
        with run.page() as page:
            cursor = page.cursor
            cursor.execute(sql("forget_reference_work"))
            write_flows(cursor, self.flows)
            cursor.execute(sql("note_items_by_cso"), {"month": run.month, "activity": run.activity_id})
            if not self.full:
                cursor.execute(sql("note_unchanged_by_cso"))
            row: Any = cursor.execute(sql("last_removed_reference"), {"system": self.system_id}).fetchone()
            is_delta = not self.full and self.has_objects
            mark = ConnectedSystem.objects.get(pk=self.system_id).sync_mark if is_delta else 0
            page.position |= {"step": 0, "after": 0, "joins": 0, "removed": row[0], "mark": mark}

    def _finish(self, step: int) -> None:
        """What was looked at is forgotten; what could not flow is looked at again by the next run."""
        with self.run.page() as page:
            page.cursor.execute(sql("forget_seen_joins"), {"last": self.run.position["joins"]})
            page.cursor.execute(sql("note_failed_joins"))
            parameters = {"system": self.system_id, "upper": self.run.position["removed"]}
            page.cursor.execute(sql("forget_removed_references"), parameters)
            page.position["step"] = step

    def _range(self, next_rows: LiteralString, add: LiteralString, *, orphaned: bool = False, **bounds: int) -> bool:
        """Judge the next range of rows; False when there is none."""
        after = max(self.run.position["after"], bounds.get("mark", 0))
        parameters: dict[str, Any] = {**bounds, "after": after, "limit": self.limit}
        with self.run.page() as page:
            page.cursor.execute(LOOK_UPS_ONLY)
            last, count = page.cursor.execute(sql(next_rows), parameters).fetchone()  # type: ignore[misc]  # an aggregate
            if last is None:
                return False
            parameters["last"] = last
            page.cursor.execute(sql("make_reference_candidates"))
            page.cursor.execute(sql(add), parameters)
            self.judge.page(page, orphaned=parameters if orphaned else None)
            page.processed = count
            page.position["after"] = last
        return True

    def _changed(self) -> bool:
        bounds = {"mark": self.run.position["mark"], "upper": self.run.facts["upper"]}
        return self._range("next_references", "add_changed_references", system=self.system_id, **bounds)

    def _removed(self) -> bool:
        upper = self.run.position["removed"]
        return self._range("next_removed_references", "add_removed_references", system=self.system_id, upper=upper)

    def _orphaned(self) -> bool:
        return self._range("next_orphaned_references", "add_orphaned_references", orphaned=True)

    def _accounts(self) -> bool:
        return self._range("next_account_work", "add_account_work")

    def _missed(self) -> bool:
        upper = self.run.position["removed"]
        return self._range("next_removed_references", "add_missed_references", system=self.system_id, upper=upper)

    def _drifted(self, system_id: int) -> bool:
        is_own = system_id == self.system_id
        mark = self.run.position["mark"] if is_own else 0
        upper = self.run.facts["upper"] if is_own else ANY_NUMBER
        return self._range(
            "next_references", "add_drifted_references", system=system_id, own=self.system_id, mark=mark, upper=upper
        )

    def _held(self) -> bool:
        """The next references of MVOs, by their key."""
        mvo, attribute, target = self.run.position.get("key", FIRST_KEY)
        parameters = {"system": self.system_id, "mvo": mvo, "attribute": attribute, "target": target}
        with self.run.page() as page:
            page.cursor.execute(LOOK_UPS_ONLY)
            row: Any = page.cursor.execute(sql("next_held_references"), parameters | {"limit": self.limit}).fetchone()
            if row is None:
                return False
            *key, page.processed = row
            parameters |= dict(zip(("last_mvo", "last_attribute", "last_target"), key, strict=True))
            page.cursor.execute(sql("make_reference_candidates"))
            page.cursor.execute(sql("add_held_references"), parameters)
            page.cursor.execute(sql("add_held_accounts"), parameters)
            self.judge.page(page)
            page.position["key"] = key
        return True

    def _rescoped(self) -> bool:
        """Whether the next changed objects still hold what they did, where a rule takes some objects only."""
        with self.run.page() as page:
            page.cursor.execute(LOOK_UPS_ONLY)
            next_page = read_work(self.run, page.cursor, "active", after=self.run.position["after"])
            if next_page is None:
                return False
            page.cursor.execute(sql("make_reference_candidates"))
            bounds = {"after": self.run.position["after"], "last": next_page.last}
            page.cursor.execute(sql("want_attributes_of_work"), bounds)
            self.judge.elect(page.cursor)
            page.cursor.execute(sql("note_rescoped_holders"))
            page.position["after"] = next_page.last
        return True

    def _joins(self) -> bool:
        """What the noted joins lead to, in ranges; when all of it is judged, the next joins, judging may add some."""
        return self._range("next_mvo_work", "add_mvo_work") or self._expand_joins()

    def _unkept(self) -> bool:
        """The next announcements that were not kept are taken back."""
        mvo, attribute = self.run.position.get("unkept", FIRST_KEY[:2])
        with self.run.page() as page:
            parameters = {"mvo": mvo, "attribute": attribute, "limit": self.limit}
            rows = page.cursor.execute(sql("next_unkept_announcements"), parameters).fetchall()
            if not rows:
                return False
            self.judge.take_back(page, [mvo_id for mvo_id, _ in rows])
            page.position["unkept"] = rows[-1]
        return True

    def _expand_joins(self) -> bool:
        with self.run.page() as page:
            page.cursor.execute(LOOK_UPS_ONLY)
            parameters = {"after": self.run.position["joins"], "limit": self.run.page_size}
            row: Any = page.cursor.execute(sql("next_changed_joins"), parameters).fetchone()
            if row[0] is None:
                return False
            parameters["last"] = row[0]
            page.cursor.execute(sql("expand_joins_to_mvos"), parameters)
            page.cursor.execute(sql("expand_joins_to_accounts"), parameters)
            page.position["joins"] = row[0]
        return True


class _Judge:
    """Judges the candidates of a page, writes what follows and says so on the items."""

    def __init__(self, run: Run, flows: ReferenceFlows, *, full: bool) -> None:
        specification = run.specification
        self.run = run
        self.flows = flows
        self.scope = {"system": specification.system.id, "full": full}
        self.scopes = ReferenceScopes(specification, flows)
        self.has_whole = any(flow.whole for flow in flows.outbound)
        self.rule_names = {rule.id: rule.name for rule in specification.rules}
        self.system_names = {system.id: system.name for system in specification.systems}
        self.attribute_names = {
            attribute.id: attribute.name for kind in specification.metaverse_types for attribute in kind.attributes
        }
        self.account_attribute_names = {
            attribute.id: attribute.name for kind in specification.object_types for attribute in kind.attributes
        }

    def page(self, page: Page, *, orphaned: dict[str, Any] | None = None) -> None:
        """orphaned: the range of references to MVOs that this run deleted, which are gone already."""
        said = _Said(self)
        self._judge_mvos(page, said, orphaned)
        if self.flows.outbound:
            self._judge_accounts(page, said)
        said.write(page)

    def take_back(self, page: Page, mvo_ids: Sequence[str]) -> None:
        """For each mention of an MVO, its item counts one attribute less."""
        said = _Said(self)
        for mvo_id, count in Counter(mvo_ids).items():
            said.flowed(mvo_id, None, -count)
        said.write(page)

    def elect(self, cursor: Cursor[Any]) -> None:
        """Who holds the wanted attributes."""
        self.scopes.exclude_objects(cursor)
        cursor.execute(sql("elect_contributors"))

    def _judge_mvos(self, page: Page, said: "_Said", orphaned: dict[str, Any] | None) -> None:
        cursor = page.cursor
        cursor.execute(sql("want_attributes"))
        self.elect(cursor)
        if cursor.execute(sql("any_single_values")).fetchone() is not None:
            cursor.execute(sql("add_single_values"))
        cursor.execute(sql("note_new_holders"))
        cursor.execute(sql("judge_mvo_references"), self.scope)
        if orphaned:
            cursor.execute(sql("judge_orphaned_references"), orphaned)
        for name in ("add_mvo_references", "hand_over_mvo_references", "drop_mvo_references"):
            cursor.execute(sql(name))
        for mvo_id, count, cso_id in cursor.execute(sql("count_flowed")).fetchall():
            said.flowed(mvo_id, cso_id, count)
        parameters = {"ids": array_of(said.flows), "now": page.now, "started": self.run.specification.now}
        cursor.execute(sql("touch_mvos"), parameters)
        for refused in cursor.execute(sql("refused_mvo_references")).fetchall():
            said.refused(refused, self.attribute_names)
        if self.scopes.inbound:
            cursor.execute(sql("note_frozen_attributes"))
        cursor.execute(sql("add_consequences"), self.scope)

    def _judge_accounts(self, page: Page, said: "_Said") -> None:
        cursor = page.cursor
        if self.has_whole and cursor.execute(sql("find_whole_attributes")).rowcount:
            cursor.execute(sql("add_whole_attributes"))
        self.scopes.exclude_mvos(cursor)
        cursor.execute(sql("find_account_flows"))
        cursor.execute(sql("judge_account_references"))
        withdrawn = _sorted(cursor.execute(sql("withdraw_reference_changes")).fetchall())
        queued = _sorted(cursor.execute(sql("queue_reference_changes")).fetchall())
        for refused in cursor.execute(sql("refused_account_references")).fetchall():
            said.refused(refused, self.account_attribute_names)
        if queued:
            for export in self._exports(page, queued):
                said.queued(export)
            cursor.execute(sql("mark_unresolved"))
        if withdrawn:
            cursor.execute(sql("settle_exports_of_references"), {"ids": array_of(withdrawn)})

    def _exports(self, page: Page, accounts: Sequence[str]) -> list[Queued]:
        """The pending exports of accounts that have something new, made where there is none.

        Those that this run made before are on an item already.
        """
        cursor = page.cursor
        parameters = {"ids": array_of(accounts), "started": self.run.specification.now}
        cursor.execute(sql("exports_of_accounts"), parameters)
        rows = [(*known, export_id, export_id or str(uuid7())) for *known, export_id in cursor.fetchall()]
        new = [(row[-1], row[0]) for row in rows if row[-2] is None]
        _insert_exports(cursor, new, page)
        cursor.execute(sql("wake_exports"), {"ids": array_of(row[0] for row in rows if row[-2] is not None)})
        return [(cso, mvo, system, rule, export) for cso, mvo, system, rule, is_told, _, export in rows if not is_told]


def _insert_exports(cursor: Cursor[Any], new: Sequence[tuple[str, str]], page: Page) -> None:
    if new:
        ids, csos = zip(*new, strict=True)
        parameters = {"ids": list(ids), "csos": list(csos), "now": page.now}
        cursor.execute(sql("insert_exports_of_references"), parameters)


def _sorted(rows: Sequence[tuple[str]]) -> list[str]:
    return sorted(cso_id for (cso_id,) in rows)


class _Said:
    """What a page's items are to say: by MVO, since an MVO has one item."""

    def __init__(self, judge: _Judge) -> None:
        self.judge = judge
        self.flows: dict[str, int] = {}
        self.exports: dict[str, list[Queued]] = {}
        self.errors: dict[str, str] = {}
        self.objects: dict[str, str | None] = {}

    def flowed(self, mvo_id: str, cso_id: str | None, count: int) -> None:
        self.flows[mvo_id] = count
        self.objects[mvo_id] = cso_id

    def queued(self, export: Queued) -> None:
        cso_id, mvo_id, *_ = export
        self.exports.setdefault(mvo_id, []).append(export)
        self.objects.setdefault(mvo_id, cso_id)

    def refused(self, refused: Refused, names: dict[int, str]) -> None:
        cso_id, mvo_id, attribute_id = refused
        self.errors[mvo_id] = (
            f"{names.get(attribute_id, attribute_id)} takes one reference, and there are several; none of them flows. "
            "Correct the data, or map a single-valued attribute"
        )
        self.objects.setdefault(mvo_id, cso_id)

    def write(self, page: Page) -> None:
        """Amend the items of the objects concerned, and write new ones for those that have none."""
        if not self.objects:
            return
        run = self.judge.run
        items = self._items(page.cursor)
        for mvo_id, _, amended in items:
            self._say(mvo_id, amended.item)
        was_processed = {id(amended): seen for _, seen, amended in items}
        new = write_amended(run, page, [amended for _, _, amended in items])
        page.counters[STAT.UNCHANGED] -= sum(was_processed[id(amended)] for amended in new)
        run.facts["old_errors"] |= any(not seen and amended.item.error_type for _, seen, amended in items)
        parameters = {"csos": [one.item.cso_id for one in new], "ordinals": [one.ordinal for one in new]}
        page.cursor.execute(sql("note_new_items"), parameters)

    def _items(self, cursor: Cursor[Any]) -> list[tuple[str, bool, Amended]]:
        """(MVO, whether the run has looked at the object, its item), in external ID order."""
        run = self.judge.run
        parameters = {
            **self.judge.scope,
            "mvos": list(self.objects),
            "csos": list(self.objects.values()),
            "month": run.month,
            "activity": run.activity_id,
        }
        rows = cursor.execute(sql("subjects_of_mvos"), parameters).fetchall()
        return [_concerned(row) for row in sorted(rows, key=_by_external_id) if row[1] is not None]

    def _say(self, mvo_id: str, item: Item) -> None:
        if mvo_id in self.flows:
            _add_flows(item, self.flows[mvo_id])
        for export in self.exports.get(mvo_id, ()):
            self._add_export(item, export)
        if mvo_id in self.errors and item.error_type is None:
            item.error_type, item.error_message = MultiValuedToSingleValuedError.error_type, self.errors[mvo_id]

    def _add_export(self, item: Item, export: Queued) -> None:
        """A pending export is counted once, however many references it gains."""
        _, _, system_id, rule_id, export_id = export
        if any(outcome.queues(export_id) for outcome in item.outcomes):
            return
        target, rule = self.judge.system_names.get(system_id), self.judge.rule_names.get(rule_id)
        queued = Outcome("PendingExportCreated", 1, target, rule, export_id)
        cause = _cause(item)
        if cause is not None:
            cause.add(queued)
        elif system_id == self.judge.scope["system"]:
            item.outcomes.append(Outcome("DriftCorrection", 1, target, rule, children=[queued]))
        else:
            item.outcomes.append(queued)


def _concerned(row: Sequence[Any]) -> tuple[str, bool, Amended]:
    mvo_id, cso_id, external_id, display_name, object_type, seen, ordinal, change_type, error_type, *told = row
    item = Item(external_id, display_name, object_type, change_type or "Update", error_type, None, cso_id, mvo_id)
    return mvo_id, seen, written_item(item, ordinal, *told)


def _by_external_id(row: Sequence[Any]) -> tuple[str, str]:
    return row[2] or "", row[0]


def _cause(item: Item) -> Outcome | None:
    return next((found for kind in CAUSES for outcome in item.outcomes if (found := outcome.find(kind))), None)


def _add_flows(item: Item, count: int) -> None:
    """Attributes that flowed, beside those the item has or below what let them."""
    cause = _cause(item)
    if cause is None:
        item.outcomes.insert(0, Outcome("AttributeFlow", count))
    elif cause.type == "AttributeFlow":
        cause.count += count
        if not cause.count:
            _leave_out(item.outcomes, cause)
    else:
        cause.children.insert(0, Outcome("AttributeFlow", count))


def _leave_out(outcomes: list[Outcome], gone: Outcome) -> None:
    """What it caused is caused by what caused it."""
    for place, outcome in enumerate(outcomes):
        if outcome is gone:
            outcomes[place : place + 1] = gone.children
            return
        _leave_out(outcome.children, gone)

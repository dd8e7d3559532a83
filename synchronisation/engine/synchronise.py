"""Synchronise: load a page, decide it object by object in external ID order, write it.

In: the CSOs of one system, all or those with a new change number. Out: metaverse, accounts, pending exports, items.
Always: a failing object is its own item and is left over for the next delta; the result never depends on the page.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
from psycopg import Cursor

from activities.statistics import Counter as STAT
from activities.statistics import object_type_key
from synchronisation.models import ConnectedSystem, MatchingRule
from synchronisation.rules.compile import CompiledRules, compile_rules
from synchronisation.rules.deletion import Verdict, judge_deletion
from synchronisation.rules.errors import ExistingJoinError, ObjectError
from synchronisation.rules.inbound import Inbound, synchronise_inbound
from synchronisation.rules.outbound import Effect, synchronise_outbound
from synchronisation.rules.references import reference_flows
from synchronisation.rules.values import hash_text
from synchronisation.rules.world import Account, Cso, Identity, Mvo, World
from synchronisation.secrets import encrypt

from .bulk import array_of, copy_rows, copy_temporary
from .deleted import note_deleted_csos
from .edited_rules import edited_rules_warning
from .items import AttributeChanges, Item, Outcome
from .lanes import Lanes, Turn
from .load import load_page, load_unjoined
from .pages import Page, Run
from .references import announce_references, write_flows
from .statements import sql
from .unjoined import forget_keyed, key_own, key_targets
from .work import WorkPage, expect_work, for_each_page, pages_ahead
from .write import KEY_TYPES, match_keys, write_world

Step = tuple[Account | None, Sequence[Effect]]
"""What one object did: the placeholder that gave way when it joined, and the effects in the targets."""

WAITS_FOR_DELETE = "an account is to be provisioned anew once its delete has arrived"

FREED = ("mvo_id", "cso_id", "external_id", "display_name", "object_type", "object_type_id", "outcome")


def prepare(run: Run) -> None:
    """Fix the lists of objects, and write the match keys of rules that were saved since."""
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    with run.page() as page:
        full = run.specification.run_type == "FullSynchronisation"
        parameters = {"system": system.id, "mark": system.sync_mark}
        row: Any = page.cursor.execute(sql("highest_change_number"), parameters).fetchone()
        parameters["upper"] = run.facts["upper"] = row[0]
        page.cursor.execute(sql("forget_work"))
        page.cursor.execute(sql("queue_obsolete"), parameters)
        page.cursor.execute(sql("queue_all_active" if full else "queue_changed"), parameters)
        row = page.cursor.execute(sql("count_queued")).fetchone()
        run.counters[STAT.OBJECTS_PROCESSED] = row[0]
        page.cursor.execute("ANALYZE work")
        if not full:
            for warning in edited_rules_warning(system.id):
                run.warn(warning)
        write_flows(page.cursor, reference_flows(run.specification))
    rules = compile_rules(run.specification)
    _backfill_match_keys(run, rules)
    key_targets(run, rules)


def _backfill_match_keys(run: Run, rules: CompiledRules) -> None:
    """Write the keys of existing MVOs for matching rules that have none yet. Repeatable."""
    known = {matcher.rule_id for matchers in rules.matchers.values() for matcher in matchers}
    waiting = known & set(MatchingRule.objects.filter(keys_ready=False).values_list("id", flat=True))
    for type_id, matchers in rules.matchers.items():
        missing = [matcher for matcher in matchers if matcher.rule_id in waiting]
        after = "00000000-0000-0000-0000-000000000000"
        while missing and after:
            with run.page() as page:
                page.cursor.execute(sql("mvo_page"), {"type": type_id, "after": after, "limit": run.page_size})
                rows = page.cursor.fetchall()
                keys = [
                    (rule_id, key, mvo_id)
                    for mvo_id, document in rows
                    for rule_id, key in match_keys(orjson.loads(document), missing)
                ]
                copy_temporary(page.cursor, "new_key", KEY_TYPES, keys)
                page.cursor.execute(sql("add_match_keys"))
                after = rows[-1][0] if len(rows) == run.page_size else ""
    if waiting:
        with run.page():
            forget_keyed(waiting)
            MatchingRule.objects.filter(id__in=waiting).update(keys_ready=True)


def remove_obsolete(run: Run) -> None:
    """Obsolete CSOs lose their join and go; what that means for their MVOs is judged after the active ones."""
    for_each_page(run, "obsolete", partial(_remove_page, run))


def _remove_page(run: Run, page: Page, ids: list[str]) -> None:
    note_deleted_csos(page.cursor, ids, run.activity_id, page.now)
    remove_page(page, ids)


def remove_page(page: Page, ids: list[str]) -> None:
    """Remove CSOs with all that is theirs; notes the MVOs they leave, and writes the items of the others."""
    cursor = page.cursor
    parameters = {"ids": array_of(ids)}
    cursor.execute(sql("free_mvos"), parameters)
    cursor.execute(sql("load_unjoined_obsolete"), parameters)
    for cso_id, external_id, display_name, object_type in cursor.fetchall():
        page.items.append(Item(external_id, display_name, object_type, "Delete", cso_id=cso_id))
    for name in (
        "remove_joins",
        "unresolve_references",
        "remove_own_references",
        "remove_placeholder_exports",
        "remove_left_over",
        "remove_cso_keys",
        "remove_csos",
    ):
        cursor.execute(sql(name), parameters)


def synchronise_active(run: Run) -> None:
    """Inbound and outbound for each object of the list; one page is written while the next is decided."""
    expect_work(run, "active")
    synchroniser = Synchroniser(run)
    before: World | None = None
    with Lanes(1) as behind:
        for work in pages_ahead(run, "active"):
            decided = synchroniser.decide(work, before)
            behind.submit(partial(synchroniser.write, decided))
            before = decided.world


def remember_unjoined(run: Run) -> None:
    """Objects that found no MVO are known by their match keys from now on."""
    key_own(run, compile_rules(run.specification))


@dataclass(slots=True)
class Decided:
    """A page that is ready to be written.

    left_over: CSOs that an earlier run left over. failed: (CSO id, reason). waiting: CSOs whose identity is to get an
    account anew, once the old one is deleted. lost: (MVO id, system id, place of the item) of accounts that went.
    """

    work: WorkPage
    world: World
    left_over: set[str]
    items: list[Item] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    lost: list[tuple[str, int, int]] = field(default_factory=list)


class Synchroniser:
    """Decides pages of CSOs and writes them; carries the compiled rules from page to page."""

    def __init__(self, run: Run) -> None:
        specification = run.specification
        self.run = run
        self.rules: CompiledRules = compile_rules(specification, seal=lambda text: encrypt(text).decode())
        self.system_id = specification.system.id
        self.full = specification.run_type == "FullSynchronisation"
        self.type_names = {kind.id: kind.name for kind in specification.object_types}
        self.max_attempts = {system.id: system.max_export_attempts for system in specification.systems}

    def decide(self, work: WorkPage, before: World | None) -> Decided:
        """Decide one page. before: the world of the page before, which may be on its way to the database still."""
        with self.run.reading() as cursor:
            cursor.execute(sql("find_left_over"), {"ids": array_of(work.ids)})
            left_over = {cso_id for (cso_id,) in cursor.fetchall()}
            world = load_page(cursor, work.ids, self.rules, self.system_id, before)
            inbounds = [(cso, self._inbound(cso, world)) for cso in world.csos]
            load_unjoined(cursor, world, [cso.mvo for cso in world.csos if cso.mvo is not None], self.rules, before)
            happened = [
                (cso, inbound, self._outbound(cso, inbound, world, is_left_over=cso.id in left_over))
                for cso, inbound in inbounds
            ]
            steps = [(None if isinstance(i, ObjectError) else i.gone, effects) for _, i, effects in happened]
            self.settle_collisions(cursor, world, steps, before)
        decided = Decided(work, world, left_over)
        for cso, inbound, effects in happened:
            item = self._item(cso, inbound, effects)
            if item is not None:
                decided.lost += [(mvo_id, lost, len(decided.items)) for mvo_id, lost in self._lost(effects)]
                decided.items.append(item)
            if item is not None and item.error_type is not None:
                decided.failed.append((cso.id, item.error_message or item.error_type))
            elif any(effect.waits and effect.target.system_id != self.system_id for effect in effects):
                decided.waiting.append(cso.id)
        return decided

    def _lost(self, effects: list[Effect]) -> Iterator[tuple[str, int]]:
        """(MVO, system) of accounts that the rules took, where that may make the MVO's deletion rule fire.

        Not all of its connectors are known here: those that are may show already that it does not.
        """
        for effect in effects:
            if effect.takes_a_connector:
                mvo, system_id = effect.mvo, effect.target.system_id
                judgement = judge_deletion(mvo, self.rules.types[mvo.type_id], lost_system_id=system_id)
                if judgement.verdict is not Verdict.KEEP:
                    yield mvo.id, system_id

    def write(self, decided: Decided, turn: Turn) -> None:
        """Commit one page."""
        with self.run.page(turn=turn) as page:
            page.cursor.execute(sql("remove_left_over"), {"ids": array_of(decided.work.ids)})
            write_world(page, self.run, decided.world, self.rules, self.max_attempts)
            announce_references(page.cursor, self.rules.references, decided.items)
            self._free_disconnected(page, decided.world)
            self._remember_failures(page, decided.failed, decided.left_over)
            leave_over(page.cursor, [(cso_id, self.system_id) for cso_id in decided.waiting])
            page.items = decided.items
            if decided.lost:
                page.once_numbered = partial(note_lost_accounts, page.cursor, decided.lost)
            self._count(page, decided)
            if any(cso.mvo is None for cso in decided.world.csos):
                self.run.facts["unjoined"] = True
            decided.work.done_in(page)

    def _free_disconnected(self, page: Page, world: World) -> None:
        """MVOs whose CSO left the scope of its rules are judged later, and the CSO's item is written there."""
        if world.disconnected:
            rows = [
                (mvo.id, cso.id, cso.external_id, cso.display_name, self.type_names[cso.object_type_id],
                 cso.object_type_id, "DisconnectedOutOfScope")
                for cso, mvo in world.disconnected
            ]  # fmt: skip
            copy_rows(page.cursor, "freed", FREED, rows)

    def _count(self, page: Page, decided: Decided) -> None:
        happened = len(decided.items) + len(decided.world.disconnected)
        page.counters[STAT.UNCHANGED] += len(decided.world.csos) - happened
        for type_id, number in Counter(cso.object_type_id for cso in decided.world.csos).items():
            page.counters[object_type_key(self.type_names[type_id])] += number

    def _inbound(self, cso: Cso, world: World) -> Inbound | ObjectError:
        try:
            return synchronise_inbound(cso, world, self.rules, self.system_id)
        except ObjectError as error:
            return error

    def _outbound(self, cso: Cso, inbound: Inbound | ObjectError, world: World, *, is_left_over: bool) -> list[Effect]:
        """What the MVO needs in the targets, if it changed or failed before, or in a full run anyway.

        After all objects of the page: what one MVO wants of the targets changes nothing for the objects behind it.
        """
        if isinstance(inbound, ObjectError) or cso.mvo is None:
            return []
        changed = self.full or is_left_over or inbound.projected or inbound.joined or inbound.flows > 0
        drift_only = None if changed else self.system_id
        return list(synchronise_outbound(cso.mvo, world, self.rules, drift_system_id=drift_only))

    def settle_collisions(
        self, cursor: Cursor[Any], world: World, steps: Sequence[Step], before: World | None = None
    ) -> None:
        """Take back provisioning where the target has an object with that external ID already.

        In the order of the steps: a placeholder that gives way frees its external ID for those after it.
        """
        effects = [effect for _, effects in steps for effect in effects]
        world.removed_accounts += [effect.gone for effect in effects if effect.gone is not None]
        provisioned = [identity for effect in effects if (identity := _provisioned_identity(effect)) is not None]
        taken = _taken(cursor, provisioned) if provisioned else set()
        if before is not None:
            taken = (taken - before.released) | before.claimed
        for joined, caused in steps:
            _free(joined, world, taken)
            for effect in caused:
                _free(effect.gone, world, taken)
                identity = _provisioned_identity(effect)
                if identity is None:
                    continue
                if identity in taken:
                    self._withdraw(effect)
                else:
                    world.claim(identity)
                taken.add(identity)

    def _withdraw(self, effect: Effect) -> None:
        account = effect.account
        assert account is not None
        del effect.mvo.accounts[account.system_id]
        effect.provisioned = effect.queued = False
        effect.error = ExistingJoinError(
            f"{effect.target.system_name} already has an object with the external ID {account.external_id}; "
            "correct the mapping, or let a matching rule join the two"
        )

    def _item(self, cso: Cso, inbound: Inbound | ObjectError, effects: list[Effect]) -> Item | None:
        """What the object's item says; None when nothing happened to it."""
        item = Item(cso.external_id, cso.display_name, self.type_names[cso.object_type_id], "Update", cso_id=cso.id)
        if isinstance(inbound, ObjectError):
            item.change_type = "Add" if inbound.projecting else "Update"
            item.error_type, item.error_message = inbound.error_type, str(inbound)
            return item
        item.change_type = "Add" if inbound.projected else "Update"
        item.mvo_id = cso.mvo.id if cso.mvo else None
        item.outcomes = list(outcomes_of(inbound, effects, self.system_id))
        error = next((effect.error for effect in effects if effect.error is not None), None)
        if error is not None:
            item.error_type, item.error_message = error.error_type, str(error)
        if inbound.flows and cso.mvo is not None:
            item.changes = attribute_changes(cso.mvo)
        return item if item.outcomes or item.error_type else None

    def _remember_failures(self, page: Page, failed: list[tuple[str, str]], left_over: set[str]) -> None:
        """Failed objects are left over for the next delta; left_over: those that were so before."""
        if failed:
            self.run.facts["old_errors"] |= any(cso_id in left_over for cso_id, _ in failed)
            rows = [(cso_id, self.system_id, reason) for cso_id, reason in failed]
            copy_rows(page.cursor, "left_over", ("cso_id", "system_id", "reason"), rows)


def leave_over(cursor: Cursor[Any], waiting: Sequence[tuple[str, int]]) -> None:
    """Objects of identities that wait for the delete of an account. waiting: (CSO id, system id)."""
    if waiting:
        csos, systems = zip(*waiting, strict=True)
        parameters = {"csos": array_of(csos), "systems": list(systems), "reason": WAITS_FOR_DELETE}
        cursor.execute(sql("leave_over"), parameters)


def note_lost_accounts(cursor: Cursor[Any], lost: Sequence[tuple[str, int, int]], first: int) -> None:
    """For deletion.py, which judges what lost a connector when all objects are decided. first: ordinal of the items."""
    mvos, systems, places = zip(*lost, strict=True)
    parameters = {"mvos": array_of(mvos), "systems": list(systems), "places": list(places), "first": first}
    cursor.execute(sql("note_lost_accounts"), parameters)


def _free(gone: Account | None, world: World, taken: set[Identity]) -> None:
    """A placeholder that goes frees its external ID; an account that is disconnected keeps it."""
    if gone is not None and gone.is_removed and gone.external_id is not None:
        world.release(_identity(gone))
        taken.discard(_identity(gone))


def _provisioned_identity(effect: Effect) -> Identity | None:
    """What a new account will be known by; None where nothing is provisioned, or the target gives the identifier."""
    account = effect.account
    if not effect.provisioned or account is None or account.external_id_hash is None:
        return None
    return account.object_type_id, account.external_id_hash


def _identity(account: Account) -> Identity:
    return account.object_type_id, hash_text(account.external_id or "")


def _taken(cursor: Cursor[Any], identities: list[Identity]) -> set[Identity]:
    """Which of these the database has."""
    types, hashes = zip(*identities, strict=True)
    cursor.execute(sql("taken_external_ids"), {"types": array_of(map(str, types)), "hashes": array_of(hashes)})
    return set(cursor.fetchall())


def outcomes_of(inbound: Inbound, effects: list[Effect], system_id: int) -> Iterator[Outcome]:
    """The tree of one object: projection or join, the flow it caused, and the exports that caused."""
    cause: Outcome | None = None
    if inbound.retained:
        yield Outcome("OutOfScopeRetainJoin")
    if inbound.projected or inbound.joined:
        cause = Outcome("Projected" if inbound.projected else "Joined")
        yield cause
    if inbound.flows:
        flow = Outcome("AttributeFlow", inbound.flows)
        if cause is None:
            yield flow
        else:
            cause.add(flow)
        cause = flow
    for effect in effects:
        is_drift = cause is None and effect.target.system_id == system_id and not effect.takes_a_connector
        for branch in effect_outcomes(effect, is_drift=is_drift):
            if cause is None:
                yield branch
            else:
                cause.add(branch)


def effect_outcomes(effect: Effect, *, is_drift: bool = False) -> Iterator[Outcome]:
    """What happened in one target: what was queued there, below what made it so."""
    export = effect.account.export if effect.account else None
    target, rule = effect.target.system_name, effect.rule_name
    if effect.disconnected:
        yield Outcome("Disconnected", 1, target, rule)
    queued = Outcome("PendingExportCreated", 1, target, rule, export.id if export else None)
    if effect.provisioned or effect.joined or (effect.queued and is_drift):
        kind = "Provisioned" if effect.provisioned else "Joined" if effect.joined else "DriftCorrection"
        cause = Outcome(kind, 1, target, rule)
        if effect.queued:
            cause.add(queued)
        yield cause
    elif effect.queued:
        yield queued


def attribute_changes(mvo: Mvo) -> AttributeChanges:
    """What the MVO's attributes were and became."""
    if mvo.before is None:
        return AttributeChanges("mv", None, mvo.document)
    changed = mvo.changed_keys()
    return AttributeChanges(
        "mv",
        {key: value for key, value in mvo.before.items() if key in changed},
        {key: value for key, value in mvo.document.items() if key in changed},
    )

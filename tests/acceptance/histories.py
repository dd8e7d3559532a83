"""Histories: what happens in a company over some time, and the ways in which runs may come to see it.

In: drawn at random, rules, and moments at each of which one system changes. Out: `Life.live` carries it all out by runs
and answers what they left behind. Always: priorities are distinct, and people have badges and external IDs of their own
unless they are mixed up; so engine.md leaves one end state, whatever the runs were.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from django.utils import timezone

from activities.models import RunType
from connectors.contract import AttributeType
from synchronisation import tasks
from synchronisation.housekeeping import start_housekeeping
from synchronisation.models import MetaverseObject, PendingExport, RunProfile
from tests.acceptance.installation import (
    Ended,
    InMemory,
    ItemSummary,
    ended,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
)
from tests.acceptance.state import State, rows, state

REFERENCE = AttributeType.REFERENCE
HR, CRM, DIRECTORY, TIME = "HR", "CRM", "Directory", "time"
FULL_IMPORT, DELTA_IMPORT = RunType.FULL_IMPORT, RunType.DELTA_IMPORT
FULL_SYNC, DELTA_SYNC, EXPORT = RunType.FULL_SYNCHRONISATION, RunType.DELTA_SYNCHRONISATION, RunType.EXPORT

KINDS = ("a", "b", "c")
"""Object types of every system, each with rules of its own: as many companies as that, in one go."""

BADGES = tuple(f"{kind}{number}" for kind in KINDS for number in range(1, 5))
"""People of all kinds, whose first letter it is."""

RESIDENT = 0
"""Of each kind one never leaves, so that no source is ever empty: a guard would take that for a mistake."""

SEVERAL = ("phones", "members")
COLUMNS = ("id", "badge", "name", "mail", "status", "phones", "manager", "members")
TYPES = {"manager": REFERENCE, "members": REFERENCE}
IDENTITY = {column: column.title() for column in COLUMNS[1:]}
"""Column -> metaverse attribute."""

OUTFLOWS = {
    "uid": "Badge", "cn": "Name", "mail": "Mail", "phones": "Phones", "boss": "Manager", "member": "Members",
}  # fmt: skip
"""Attribute of an account -> metaverse attribute."""

Row = Mapping[str, Any]
"""Column -> value; references name badges."""

Said = tuple[str, dict[str, Any]]
"""(external ID, column -> value) of one person in one source."""

Step = Callable[[Random], None]
"""One change in one store; given the randomness by which values are shuffled."""

Changes = Mapping[str, Row | None]
"""Badge -> what a source says from now on; None: it has nobody of that badge."""


@dataclass(frozen=True)
class Rules:
    """What was configured. hr_best: attributes of which HR's value counts before CRM's; nulls: of which none is one."""

    hr_scoped: bool
    hr_retains: bool
    hr_recalls: bool
    crm_projects: bool
    crm_recalls: bool
    hr_best: frozenset[str]
    hr_nulls: frozenset[str]
    crm_nulls: frozenset[str]
    export_scoped: bool
    deletes: bool
    enforces: bool
    initial: frozenset[str]
    deletion_rule: str
    grace: bool

    @property
    def forgets(self) -> bool:
        """Whether accounts end as they should whatever they were in between."""
        return self.deletes and self.enforces and not self.initial


@dataclass(frozen=True)
class Moment:
    """One system changes, or with TIME grace periods pass."""

    where: str
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """rules: by kind. mixed_up: people have each other's badges, and in a source those who change swap external IDs."""

    rules: Mapping[str, Rules]
    moments: tuple[Moment, ...]
    mixed_up: bool = False


@dataclass(frozen=True)
class Schedule:
    """How runs come to see a history. seed: of the order in which the sources give objects and values.

    splits: runs by which the changes of a moment are seen. crm_first: the order in which the first synchronisations
    are. twice: each run is followed by itself, and that one must change nothing. failing: some exports fail at first,
    and some are confirmed only later.
    """

    page_size: int = 2_000
    seed: int = 0
    splits: int = 1
    delta_imports: bool = False
    delta_syncs: bool = False
    crm_first: bool = False
    twice: bool = False
    failing: bool = False


def drawn_schedule(random: Random) -> Schedule:
    return Schedule(
        page_size=random.choice([1, 3, 3, 3, 2_000, 2_000]),
        seed=random.randrange(1_000),
        splits=random.choice([1, 1, 2, 3]),
        delta_imports=_maybe(random),
        delta_syncs=_maybe(random),
        crm_first=_maybe(random),
        twice=random.random() < 0.2,
        failing=_maybe(random),
    )


def drawn_history(random: Random, *, mixed_up: bool = False) -> History:
    """Two sources that know some people, and a few moments after that."""
    rules = {kind: _rules(random) for kind in KINDS}
    moments = [Moment(where, _changes(random, _row, len(BADGES))) for where in (HR, CRM)]
    moments += [_moment(random) for _ in range(random.randint(1, 2))]
    if mixed_up:
        rules = {kind: replace(of_kind, initial=of_kind.initial | {"uid"}) for kind, of_kind in rules.items()}
        moments = [_mixed_up(random, moment) for moment in moments]
    return History(rules, tuple(moments), mixed_up)


def _mixed_up(random: Random, moment: Moment) -> Moment:
    if moment.where not in (HR, CRM):
        return moment
    own = {badge: [other for other in BADGES if other[0] == badge[0]] for badge in moment.changes}
    changes = {badge: row and {**row, "badge": random.choice(own[badge])} for badge, row in moment.changes.items()}
    return Moment(moment.where, changes)


def _rules(random: Random) -> Rules:
    deletion_rules = ["WhenAuthoritativeSourceDisconnected", "WhenLastConnectorDisconnected", "Manual"]
    return Rules(
        hr_scoped=_maybe(random),
        hr_retains=_maybe(random),
        hr_recalls=_maybe(random),
        crm_projects=_maybe(random),
        crm_recalls=_maybe(random),
        hr_best=_some(random, COLUMNS[2:]),
        hr_nulls=_some(random, COLUMNS[2:], 0.2),
        crm_nulls=_some(random, COLUMNS[2:], 0.2),
        export_scoped=_maybe(random),
        deletes=_maybe(random),
        enforces=_maybe(random),
        initial=_some(random, ("mail", "boss"), 0.2),
        deletion_rule=random.choice(deletion_rules),
        grace=_maybe(random),
    )


def _moment(random: Random) -> Moment:
    where = random.choice([HR, HR, HR, CRM, CRM, DIRECTORY, TIME])
    if where == TIME:
        return Moment(TIME)
    return Moment(where, _changes(random, _account if where == DIRECTORY else _row, len(BADGES) // 2))


def _changes(random: Random, row: Callable[[Random], Row], most: int) -> Changes:
    """One change in three is that somebody is not there any more."""
    badges = random.sample(BADGES, random.randint(1, most))
    return {badge: row(random) if random.random() < 0.67 else None for badge in badges}


def _row(random: Random) -> Row:
    """version: of the external ID, which changes with it."""
    return {
        "version": random.choice([0, 0, 0, 1]),
        "name": random.choice(["Ann", "Bo"]),
        "mail": random.choice([(), "a@x", "b@x"]),
        "status": random.choice(["active", "active", "left"]),
        "phones": tuple(sorted(_some(random, ("1", "2", "3")))),
        "manager": random.choice([(), *BADGES]),
        "members": tuple(random.sample(BADGES, random.randint(0, 3))),
    }


def _account(random: Random) -> Row:
    """What somebody makes of an account in the directory."""
    return {"cn": random.choice(["Ann", "Meddled"]), "mail": random.choice([(), "a@x"])}


def _maybe(random: Random) -> bool:
    return random.random() < 0.5


def _some(random: Random, values: Sequence[str], share: float = 0.5) -> frozenset[str]:
    return frozenset(value for value in values if random.random() < share)


class Kind:
    """One object type in all systems, with the rules for it."""

    def __init__(self, kind: str, rules: Rules) -> None:
        self.kind = kind
        grace = {"deletion_grace_period": timedelta(days=30)} if rules.grace else {}
        several = [IDENTITY[column] for column in SEVERAL]
        types = {IDENTITY[column]: REFERENCE for column in TYPES}
        identity = identities(
            *IDENTITY.values(), kind=kind, several=several, types=types, deletion_rule=rules.deletion_rule, **grace
        )
        self.hr = self._source(HR, recalls=rules.hr_recalls)
        self.crm = self._source(CRM, recalls=rules.crm_recalls)
        identity.deletion_trigger_systems.add(self.hr.system)
        flows = {attribute: column for column, attribute in IDENTITY.items()}
        scope = ("status", "active") if rules.hr_scoped else None
        nulls = [IDENTITY[column] for column in rules.hr_nulls]
        import_rule(self.hr, flows, scope=scope, retains_join=rules.hr_retains, nulls=nulls, priority=2)
        nulls = [IDENTITY[column] for column in rules.crm_nulls]
        crm_rule = import_rule(self.crm, flows, projects=rules.crm_projects, nulls=nulls, priority=1)
        best = ["Badge", *(IDENTITY[column] for column in rules.hr_best)]
        crm_rule.mappings.filter(target_metaverse_attribute__name__in=best).update(priority=3)
        self.directory = self._target(rules)
        for connected, column in ((self.hr, "badge"), (self.crm, "badge"), (self.directory, "uid")):
            matching_rule(connected, column, "Badge")
        for source in (self.hr, self.crm):
            source.put(f"{kind}{RESIDENT}", badge=f"{kind}{RESIDENT}", name="Resident", status="active")
        self.directory.put(f"{kind}-keeper", cn="Keeper")

    def system(self, where: str) -> InMemory:
        return {HR: self.hr, CRM: self.crm, DIRECTORY: self.directory}[where]

    def _source(self, name: str, *, recalls: bool) -> InMemory:
        source = in_memory(name, *COLUMNS, kind=self.kind, types=TYPES, several=SEVERAL)
        source.object_type.remove_contributed_attributes_on_obsoletion = recalls
        source.object_type.save()
        return source

    def _target(self, rules: Rules) -> InMemory:
        types = {"boss": REFERENCE, "member": REFERENCE}
        directory = in_memory(DIRECTORY, *OUTFLOWS, kind=self.kind, types=types, several=("phones", "member"))
        export_rule(
            directory,
            OUTFLOWS,
            deletes=rules.deletes,
            enforces_state=rules.enforces,
            scope=("Status", "active") if rules.export_scoped else None,
            initial=sorted(rules.initial),
        )
        return directory


class Company:
    """The systems of a history, and what is true in them."""

    def __init__(self, history: History) -> None:
        self.kinds = {kind: Kind(kind, rules) for kind, rules in history.rules.items()}
        self.mixed_up = history.mixed_up
        self.known: dict[str, dict[str, Row]] = {HR: {}, CRM: {}}
        self.swapped: dict[str, dict[str, str]] = {HR: {}, CRM: {}}
        self.said: dict[str, dict[str, Said]] = {HR: {}, CRM: {}}

    def system(self, where: str) -> InMemory:
        """As any of the kinds sees it: runs are of the whole system."""
        return self.kinds[KINDS[0]].system(where)

    def steps(self, moment: Moment) -> list[Step]:
        """What the moment changes, person by person; each is done by calling it, in any order."""
        if moment.where == DIRECTORY:
            return [partial(self._meddle, badge, row) for badge, row in moment.changes.items()]
        known, said = self.known[moment.where], self.said[moment.where]
        for badge, row in moment.changes.items():
            known.pop(badge, None)
            if row is not None:
                known[badge] = row
        if self.mixed_up:
            self._swap(moment)
        now = {badge: self._said(moment.where, badge) for badge in known}
        if self.mixed_up:
            now = {external_id: (external_id, values) for external_id, values in now.values()}
        changed = sorted(badge for badge in said.keys() | now.keys() if said.get(badge) != now.get(badge))
        self.said[moment.where] = now
        return [partial(_say, self._source(badge, moment), said.get(badge), now.get(badge)) for badge in changed]

    def _swap(self, moment: Moment) -> None:
        swapped = self.swapped[moment.where]
        for kind in KINDS:
            people = sorted(badge for badge, row in moment.changes.items() if row is not None and badge[0] == kind)
            external_ids = [swapped.get(badge, badge) for badge in people]
            swapped.update(zip(people, external_ids[1:] + external_ids[:1], strict=True))

    def _said(self, where: str, badge: str) -> Said:
        """References name people as the source knows them, or would."""
        row = self.known[where][badge]
        values: dict[str, Any] = {"badge": badge} | {column: row[column] for column in COLUMNS[1:] if column in row}
        for column in TYPES:
            names = row[column] if isinstance(row[column], tuple) else (row[column],)
            values[column] = tuple(self._external_id(where, other) for other in names)
        return self._external_id(where, badge), values

    def _external_id(self, where: str, badge: str) -> str:
        if self.mixed_up:
            return self.swapped[where].get(badge, badge)
        row = self.known[where].get(badge)
        return f"{badge}-{row['version'] if row else 0}"

    def _source(self, badge: str, moment: Moment) -> InMemory:
        return self.kinds[badge[0]].system(moment.where)

    def _meddle(self, badge: str, row: Row | None, random: Random) -> None:
        """Only with accounts that are there."""
        directory = self.kinds[badge[0]].directory
        if badge not in directory.objects():
            return
        if row is None:
            directory.remove(badge)
        else:
            directory.put(badge, **row)


def _say(source: InMemory, before: Said | None, now: Said | None, random: Random) -> None:
    if before is not None and (now is None or now[0] != before[0]):
        source.remove(before[0])
    if now is not None:
        external_id, values = now
        shuffled = {
            column: random.sample(value, len(value)) for column, value in values.items() if type(value) is tuple
        }
        source.put(external_id, **values | shuffled)


class Life:
    """A history as runs come to see it by a schedule. told: what each run said, in the order of its text."""

    def __init__(self, history: History, schedule: Schedule) -> None:
        self.history = history
        self.schedule = schedule
        self.company = Company(history)
        self.random = Random(schedule.seed)
        self.imported: set[int] = set()
        self.told: list[str] = []
        for system in self.systems:
            for kind in (FULL_IMPORT, DELTA_IMPORT, FULL_SYNC, DELTA_SYNC, EXPORT):
                page_size = min(schedule.page_size, 10_000)
                RunProfile.objects.create(system=system.system, name=kind.value, run_type=kind, page_size=page_size)

    @property
    def systems(self) -> tuple[InMemory, ...]:
        return tuple(self.company.system(where) for where in (HR, CRM, DIRECTORY))

    def live(self) -> State:
        """What is left when all has happened and no run finds anything to do any more."""
        first, second, *moments = self.history.moments
        self._begin(first, second)
        for moment in moments:
            self._live_through(moment)
        make_due()
        self._come_to_rest()
        return self.state()

    def state(self) -> State:
        accounts = {
            external_id: {name: sorted(values) for name, values in sorted(attributes.items()) if values}
            for of_kind in self.company.system(DIRECTORY).store.objects.values()
            for external_id, attributes in of_kind.items()
        }
        return {**state(with_join_types=False), "directory": rows(accounts.items())}

    def _begin(self, *moments: Moment) -> None:
        for moment in moments:
            for part in self._parts(moment):
                self._change(part)
                self._import(self.company.system(moment.where))
        sources = (CRM, HR) if self.schedule.crm_first else (HR, CRM)
        for source in sources:
            self._synchronise(self.company.system(source))
        self._try_to_deliver()

    def _live_through(self, moment: Moment) -> None:
        if moment.where == TIME:
            self._keep_house()
        else:
            for part in self._parts(moment):
                self._change(part)
                self._import(self.company.system(moment.where))
                self._synchronise(self.company.system(moment.where))
        self._try_to_deliver()

    def _parts(self, moment: Moment) -> list[list[Step]]:
        """The moment's changes in the schedule's order, as many at a time as it says."""
        steps = self.company.steps(moment)
        self.random.shuffle(steps)
        splits = 1 if moment.where == DIRECTORY else self.schedule.splits
        return [steps[number::splits] for number in range(splits) if steps[number::splits] or number == 0]

    def _change(self, steps: list[Step]) -> None:
        for step in steps:
            step(self.random)

    def _try_to_deliver(self) -> None:
        """As `_deliver`, but for what fails, and is tried again next time, and what nobody looks at yet.

        Only where that leaves no trace: where a value is written but once, or what somebody did in the directory or an
        account that was given up is to stay, it matters what was there in between.
        """
        if not self.schedule.failing:
            self._deliver()
            return
        make_due()
        lenient = {kind for kind, rules in self.history.rules.items() if rules.forgets}
        failing = [badge for badge in BADGES if badge[0] in lenient and self.random.random() < 0.4]
        directory = self.company.system(DIRECTORY)
        directory.store.failures.update(dict.fromkeys(failing, "not now"))
        self._run(directory, EXPORT)
        directory.store.failures.clear()
        if DIRECTORY in {moment.where for moment in self.history.moments} or self.random.random() < 0.5:
            self._import(directory)

    def _deliver(self) -> None:
        """What is queued arrives and is confirmed."""
        directory = self.company.system(DIRECTORY)
        self._run(directory, EXPORT)
        self._import(directory)

    def _come_to_rest(self) -> None:
        """All runs, until nothing waits any more or what waits stays as it is."""
        before: State = {}
        for _ in range(5):
            for where in (DIRECTORY, HR, CRM):
                self._run(self.company.system(where), DELTA_SYNC)
            now = self.state()
            if now == before or not (now["pending exports"] or now["left over"]):
                return
            self._deliver()
            before = now
        raise AssertionError("the runs never come to rest")

    def _import(self, system: InMemory) -> None:
        is_delta = self.schedule.delta_imports and system.system.pk in self.imported
        self.imported.add(system.system.pk)
        self._run(system, DELTA_IMPORT if is_delta else FULL_IMPORT)

    def _synchronise(self, system: InMemory) -> None:
        self._run(system, DELTA_SYNC if self.schedule.delta_syncs else FULL_SYNC)

    def _run(self, system: InMemory, kind: RunType) -> None:
        run = system.run(kind)
        assert_sound(run)
        self.told.append(f"{len(self.told)} {system.system.name} {kind} {run.status} {rows(run.items)}")
        if self.schedule.twice:
            self.assert_changes_nothing(system, kind)

    def _keep_house(self) -> None:
        """All grace periods are over."""
        MetaverseObject.objects.filter(deletion_eligible__isnull=False).update(
            deletion_eligible=timezone.now() - timedelta(seconds=1)
        )
        activity = start_housekeeping()
        if activity is not None:
            tasks.run(str(activity.pk))
            assert_sound(ended(activity))

    def assert_all_is_said(self) -> None:
        """No full run finds anything that the runs before have missed."""
        for system in self.systems:
            if self.schedule.delta_imports:
                self.assert_changes_nothing(system, FULL_IMPORT)
            self.assert_changes_nothing(system, FULL_SYNC)

    def assert_changes_nothing(self, system: InMemory, kind: RunType) -> None:
        before = self.state()
        run = system.run(kind)
        assert_sound(run)
        name = f"{system.system.name} {kind}"
        assert [item for item in run.items if says_anything(item)] == [], name
        assert_same(self.state(), before, name)


def make_due() -> None:
    """What failed is tried again."""
    PendingExport.objects.filter(next_retry__isnull=False).update(next_retry=timezone.now() - timedelta(seconds=1))


def says_anything(item: ItemSummary) -> bool:
    """Whether it tells of a change; errors that are still there, and joins that are still kept, are told each time."""
    _, _, error_type, summary = item
    return summary not in (None, "OutOfScopeRetainJoin:1") or (summary is None and error_type is None)


def assert_sound(run: Ended) -> None:
    assert run.activity.error_stack_trace is None, run.activity.error_stack_trace
    assert run.activity.ended is not None


def assert_same(found: State, expected: State, what: str = "") -> None:
    """Compared by parts, so that a failure shows what differs."""
    differing = {
        name: (sorted({*rows} - {*expected[name]}), sorted({*expected[name]} - {*rows}))
        for name, rows in found.items()
        if rows != expected[name]
    }
    assert differing == {}, f"{what}: {differing}"

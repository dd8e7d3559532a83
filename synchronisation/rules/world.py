"""World: the objects one page decides on, as plain records, and who answers to which match key.

Loaded before deciding, changed while deciding, written afterwards. Always: `keys` tells the truth about every key it
has, also about what earlier objects of the page projected and changed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from .exports import Changes
from .values import Document

Holder = tuple[int, int]
"""(connected system id, rule id)."""

Holders = dict[str, Holder]
"""Attribute key -> whose value it is."""

StoredHolders = list[tuple[int, int, list[str]]]
"""The same by holder, as `mvo.holders` keeps it: (system id, rule id, attribute keys). Most identities have one or two
holders; an entry per attribute made the row twice as long."""

Identity = tuple[int, str]
"""(object type id, hash of the external ID): what a CSO is known by."""

MatchKey = tuple[int, str]
"""(matching rule id, key)."""


def stored_holders(holders: Holders) -> StoredHolders:
    """Holders as they are stored."""
    keys_by_holder: dict[Holder, list[str]] = {}
    for key, holder in holders.items():
        keys_by_holder.setdefault(holder, []).append(key)
    return [(*holder, keys) for holder, keys in keys_by_holder.items()]


def read_holders(stored: StoredHolders) -> Holders:
    """Holders as they were stored."""
    return {key: (system_id, rule_id) for system_id, rule_id, keys in stored for key in keys}


@dataclass(slots=True)
class Export:
    """A pending export as the page found it and leaves it. is_new, is_changed, is_withdrawn: what to write.

    attempted: it was sent at least once, so it may have arrived whatever the target answered.
    """

    id: str
    change_type: str
    status: str
    pending: Changes
    sent: Changes | None
    error_count: int = 0
    attempted: bool = False
    is_new: bool = False
    is_changed: bool = False
    is_withdrawn: bool = False


@dataclass(slots=True)
class Account:
    """An MVO's CSO in one system.

    rule_id: the export rule last in scope, which decides deprovisioning; stored_rule_id: as the join row has it.
    is_new: a placeholder to write; is_joined_now: a join to write; is_removed: a placeholder to delete;
    is_disconnected: the join goes, the object stays and is remembered as deprovisioned.
    """

    cso_id: str
    system_id: int
    object_type_id: int
    status: str
    join_type: str
    rule_id: int | None = None
    stored_rule_id: int | None = None
    document: Document = field(default_factory=dict)
    external_id: str | None = None
    external_id_hash: str | None = None
    secondary_hash: str | None = None
    display_name: str | None = None
    export: Export | None = None
    is_new: bool = False
    is_joined_now: bool = False
    is_removed: bool = False
    is_disconnected: bool = False

    @property
    def is_placeholder(self) -> bool:
        return self.status == "PendingProvisioning"

    def settled(self) -> "Account":
        """As it is once the page is written."""
        export = self.export
        if export is not None:
            export = None if export.is_withdrawn else replace(export, is_new=False, is_changed=False)
        return replace(self, export=export, stored_rule_id=self.rule_id, is_new=False, is_joined_now=False)


@dataclass(slots=True)
class Mvo:
    """An identity. before: its document when the page loaded it, None when it is new. accounts: by system id.

    deletion_eligible: marked, to be deleted after its grace period; marked_by: the systems whose loss marked it.
    is_obsolete: deleted, but for accounts whose deletes are queued. mark_cleared, returned (the one of marked_by that
    is back, though the mark stays), became_obsolete: what to write.
    """

    id: str
    type_id: int
    document: Document
    holders: Holders
    accounts: dict[int, Account] = field(default_factory=dict)
    before: Document | None = None
    holders_changed: bool = False
    deletion_eligible: bool = False
    marked_by: tuple[int, ...] = ()
    mark_cleared: bool = False
    returned: int | None = None
    is_obsolete: bool = False
    became_obsolete: bool = False

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def is_changed(self) -> bool:
        return self.before is not None and (self.holders_changed or self.before != self.document)

    def settled(self) -> "Mvo":
        """As it is once the page is written."""
        accounts = {system_id: account.settled() for system_id, account in self.accounts.items()}
        return replace(
            self, accounts=accounts, before=self.document, holders_changed=False, mark_cleared=False, returned=None
        )

    def changed_keys(self) -> set[str]:
        """Attributes whose value is not what it was when the page began."""
        before = self.before or {}
        return {key for key in before.keys() | self.document.keys() if before.get(key) != self.document.get(key)}


@dataclass(slots=True)
class Cso:
    """An active object of the synchronised system."""

    id: str
    object_type_id: int
    external_id: str | None
    display_name: str | None
    document: Document
    deprovisioned: bool = False
    status: str = "Normal"
    mvo: Mvo | None = None


@dataclass(frozen=True, slots=True)
class Contributor:
    """An active CSO of some system that is joined to an MVO."""

    system_id: int
    object_type_id: int
    document: Document


FetchContributors = Callable[[Iterable[str]], Iterable[tuple[str, Contributor]]]
"""(MVO id, contributor) of all active CSOs that are joined to these MVOs."""

FetchUnjoined = Callable[[MatchKey], Iterable[Account]]
"""All objects without an MVO that answer to a key; asked only when those that were looked up are not enough to tell."""

Fetch = Callable[[MatchKey], Iterable[Mvo]]
"""All MVOs that answer to a key in the database; asked only when two were not enough to tell."""

FETCHED_PER_KEY = 2
"""MVOs, or unjoined objects, looked up per key: two already mean ambiguous (engine.md section 2)."""


class World:
    """What one page knows and changes.

    csos: in the order they are decided; mvos: by id; keys: match key -> ids of the MVOs that answer to it.
    disconnected: objects that left the scope of their rules, with the MVO they were joined to.
    unjoined: match key -> objects of target systems that no MVO has; matched: those of them that got one;
    matched_before: in the page before.
    claimed, released: identities that provisioning took, and that accounts gave up.
    """

    def __init__(
        self,
        fetch: Fetch,
        fetch_contributors: FetchContributors,
        fetch_unjoined: FetchUnjoined = lambda key: [],
    ) -> None:
        self.csos: list[Cso] = []
        self.mvos: dict[str, Mvo] = {}
        self.keys: dict[MatchKey, set[str]] = {}
        self.removed_accounts: list[Account] = []
        self.deleted_mvos: list[Mvo] = []
        self.lost_keys: list[tuple[int, str, str]] = []
        self.gained_keys: list[tuple[int, str, str]] = []
        self.claimed: set[Identity] = set()
        self.released: set[Identity] = set()
        self.disconnected: list[tuple[Cso, Mvo]] = []
        self.unjoined: dict[MatchKey, list[Account]] = {}
        self.matched: set[str] = set()
        self.matched_before: set[str] = set()
        self._contributors: dict[str, list[Contributor]] = {}
        self._truncated: set[MatchKey] = set()
        self._fetch = fetch
        self._fetch_contributors = fetch_contributors
        self._fetch_unjoined = fetch_unjoined

    def add(self, mvo: Mvo) -> Mvo:
        """The world's record of this MVO; one that is there already stays."""
        return self.mvos.setdefault(mvo.id, mvo)

    def know(self, key: MatchKey, mvo_ids: set[str]) -> None:
        """What the database answers to a key; FETCHED_PER_KEY of them may not be all."""
        self.keys[key] = mvo_ids
        if len(mvo_ids) >= FETCHED_PER_KEY:
            self._truncated.add(key)

    def follow(self, before: "World") -> None:
        """See what the page before this one changed, which may be on its way to the database still.

        Those of its MVOs that this page loads are added before; here come the keys they lost and gained.
        """
        for rule_id, key, mvo_id in before.lost_keys:
            self._lose((rule_id, key), mvo_id)
        for rule_id, key, mvo_id in before.gained_keys:
            answering = self.keys.get((rule_id, key))
            if answering is not None:
                answering.add(mvo_id)
                if mvo_id not in self.mvos:
                    self.add(before.mvos[mvo_id].settled())

    def answering(self, key: MatchKey) -> set[str]:
        return self.keys.get(key, set())

    def contributors(self, mvo: Mvo, *, without: int) -> list[Contributor]:
        """The MVO's active CSOs in other systems. Asked for the first time, those of the whole page are fetched."""
        if mvo.is_new:
            return []
        if mvo.id not in self._contributors:
            missing = [mvo_id for mvo_id in self.mvos if mvo_id not in self._contributors]
            self._contributors.update((mvo_id, []) for mvo_id in missing)
            for mvo_id, contributor in self._fetch_contributors(missing):
                self._contributors[mvo_id].append(contributor)
        return [found for found in self._contributors[mvo.id] if found.system_id != without]

    def unclaimed(self, key: MatchKey) -> list[Account]:
        """The unjoined objects that answer to a key, without those that got an MVO meanwhile.

        When one got its MVO and only some were known, all are fetched, once.
        """
        found = self.unjoined.get(key, [])
        left = self._still_unjoined(found)
        if len(left) == len(found) or len(found) != FETCHED_PER_KEY:
            return left
        known = {account.cso_id: account for account in found}
        known.update((account.cso_id, account) for account in self._fetch_unjoined(key) if account.cso_id not in known)
        self.unjoined[key] = list(known.values())
        return self._still_unjoined(self.unjoined[key])

    def _still_unjoined(self, accounts: Iterable[Account]) -> list[Account]:
        return [a for a in accounts if a.cso_id not in self.matched and a.cso_id not in self.matched_before]

    def claim(self, identity: Identity) -> None:
        self.released.discard(identity)
        self.claimed.add(identity)

    def release(self, identity: Identity) -> None:
        self.claimed.discard(identity)
        self.released.add(identity)

    def rekey(self, mvo_id: str, rule_id: int, *, lost: Iterable[str], gained: Iterable[str]) -> None:
        """An MVO answers to other keys of one matching rule than before."""
        for key in lost:
            self._lose((rule_id, key), mvo_id)
            self.lost_keys.append((rule_id, key, mvo_id))
        for key in gained:
            self.keys.setdefault((rule_id, key), set()).add(mvo_id)
            self.gained_keys.append((rule_id, key, mvo_id))

    def _lose(self, key: MatchKey, mvo_id: str) -> None:
        """One MVO no longer answers; when only some were known, ask for the others."""
        answering = self.keys.get(key)
        if answering is None:
            return
        if key in self._truncated:
            self._truncated.discard(key)
            answering.update(self.add(mvo).id for mvo in self._fetch(key))
        answering.discard(mvo_id)

"""Inbound: what one CSO of the synchronised system means for the metaverse. Join, project, flow.

In: the CSO, the world of its page, the compiled rules. Out: the world changed, and what happened.
Always: all or nothing per object: an object whose flow fails leaves the metaverse as it was.
"""

from dataclasses import dataclass
from functools import partial

from uuid_utils import uuid7

from .compile import CompiledRules, Flow, Flows, InboundRules, Matcher
from .contribution import Contest, put
from .deletion import welcome_back
from .errors import AmbiguousMatchError, ExistingJoinError, FlowError
from .specification import ObjectType
from .values import Document
from .world import Account, Cso, Holder, Holders, Mvo, World


@dataclass(slots=True)
class Inbound:
    """What happened: projected or joined (neither: it was joined already), and how many attributes flowed.

    disconnected, retained: what became of the join of an object that is in scope of no rule. gone: the placeholder
    that gave its place to the object that joined.
    """

    projected: bool = False
    joined: bool = False
    disconnected: bool = False
    retained: bool = False
    flows: int = 0
    gone: Account | None = None


def synchronise_inbound(cso: Cso, world: World, rules: CompiledRules, system_id: int) -> Inbound:
    """Join or project the CSO if need be and flow its attributes. Raises: ObjectError, the world untouched."""
    happened = Inbound()
    inbound = rules.inbound.get(cso.object_type_id)
    if inbound is None:
        return happened
    mvo = cso.mvo
    if mvo is not None and mvo.is_obsolete:
        return happened
    in_scope = inbound.in_scope(cso.document)
    if in_scope is None:
        _leave_scope(cso, world, system_id, happened, retains_join=inbound.retains_join)
        return happened
    if mvo is None and not cso.deprovisioned:
        mvo = _match(cso, inbound.object_type, in_scope, world, system_id)
        happened.joined = mvo is not None
        if mvo is None and in_scope.projection is not None:
            mvo = Mvo(str(uuid7()), in_scope.projection[1], {}, {})
            happened.projected = True
    if mvo is None:
        return happened
    try:
        document, holders = _flowed(mvo, cso.document, in_scope.flows(mvo.type_id), world, rules, system_id)
    except FlowError as error:
        error.projecting = happened.projected
        raise
    if happened.projected:
        world.add(mvo)
    if happened.joined or happened.projected:
        happened.gone = _join(cso, mvo, world, system_id, projected=happened.projected)
        if mvo.deletion_eligible:
            welcome_back(mvo, rules.types[mvo.type_id], joined_system_id=system_id)
    happened.flows = commit(mvo, document, holders, world, rules.matchers.get(mvo.type_id, ()))
    return happened


def _leave_scope(cso: Cso, world: World, system_id: int, happened: Inbound, *, retains_join: bool) -> None:
    """An object in scope of no rule: an unjoined one is left alone; a join goes, or stays and flows nothing."""
    if cso.mvo is None:
        return
    if retains_join:
        happened.retained = True
        return
    del cso.mvo.accounts[system_id]
    world.disconnected.append((cso, cso.mvo))
    cso.mvo = None
    happened.disconnected = True


def _match(cso: Cso, object_type: ObjectType, in_scope: InboundRules, world: World, system_id: int) -> Mvo | None:
    """The one MVO the first answering rule finds. Raises: AmbiguousMatchError, ExistingJoinError."""
    for matcher in in_scope.matchers:
        for source in matcher.source_keys:
            found = {
                mvo_id
                for key in matcher.keys_of(cso.document, source)
                for mvo_id in world.answering((matcher.rule_id, key))
            }
            if len(found) > 1:
                raise AmbiguousMatchError(
                    f"several metaverse objects match by attribute {source_name(object_type, source)}; "
                    "make the matching rule more exact, or correct the data"
                )
            if found:
                return _unclaimed(world.mvos[found.pop()], system_id)
    return None


def source_name(object_type: ObjectType, key: str) -> str:
    return next(a.name for a in object_type.attributes if a.key == key)


def _unclaimed(mvo: Mvo, system_id: int) -> Mvo:
    """The MVO, if no real object of this system has it yet."""
    account = mvo.accounts.get(system_id)
    if account is not None and not account.is_placeholder:
        raise ExistingJoinError(
            "the metaverse object it matches is joined to another object of this system already: "
            f"{account.external_id or account.cso_id}"
        )
    return mvo


def _join(cso: Cso, mvo: Mvo, world: World, system_id: int, *, projected: bool) -> Account | None:
    """Link the two; a placeholder gives its place to the real object, and its queued create goes with it."""
    placeholder = mvo.accounts.get(system_id)
    if placeholder is not None:
        placeholder.is_removed = True
        world.removed_accounts.append(placeholder)
    cso.mvo = mvo
    mvo.accounts[system_id] = Account(
        cso_id=cso.id,
        system_id=system_id,
        object_type_id=cso.object_type_id,
        status=cso.status,
        join_type="Projected" if projected else "Joined",
        rule_id=placeholder.rule_id if placeholder else None,
        document=cso.document,
        external_id=cso.external_id,
        is_joined_now=True,
    )
    return placeholder


def _flowed(
    mvo: Mvo, cs: Document, flows: Flows, world: World, rules: CompiledRules, system_id: int
) -> tuple[Document, Holders]:
    """The MVO's document and holders after all mappings. Raises: FlowError."""
    if flows.are_apart and not mvo.document and not mvo.holders:
        return _first_flow(cs, flows)
    document, holders = dict(mvo.document), dict(mvo.holders)
    contest = Contest(mvo, document, holders, rules, partial(world.contributors, without=system_id))
    for flow in flows.all:
        key = flow.key
        value = flow.value(document, cs) if flow.copied is None else cs.get(flow.copied)
        holder = holders.get(key)
        if holder is None:
            if value is not None or flow.null_is_value:
                holders[key] = flow.holder
                put(document, key, value)
        elif holder[1] == flow.rule_id:
            if value is not None or flow.null_is_value:
                put(document, key, value)
            else:
                contest.let_go(key, _others_of(flow, flows, cs))
        elif (value is not None or flow.null_is_value) and not _outranks(holder, key, flow, rules.priority):
            holders[key] = flow.holder
            put(document, key, value)
    gone = [k for k, holder in holders.items() if holder[0] == system_id and (holder[1], k) not in flows.written]
    for key in gone:
        contest.let_go(key, _others_of(None, flows, cs))
    return document, holders


def _others_of(gone: Flow | None, flows: Flows, cs: Document) -> list[tuple[Flow, Document]]:
    """The object's mappings but the one that has no value."""
    return [(flow, cs) for flow in flows.all if flow is not gone]


def _first_flow(cs: Document, flows: Flows) -> tuple[Document, Holders]:
    """What an empty MVO gets: every value there is, held by whom it came from."""
    document: Document = {}
    holders: Holders = {}
    for flow in flows.all:
        value = flow.value(document, cs) if flow.copied is None else cs.get(flow.copied)
        if value is not None:
            document[flow.key] = value
            holders[flow.key] = flow.holder
    return document, holders


def _outranks(holder: Holder, key: str, flow: Flow, priority: dict[tuple[int, str], int]) -> bool:
    """Whether the present holder's mapping has the better priority; a mapping that is gone has none."""
    present = priority.get((holder[1], key))
    return present is not None and present <= flow.priority


def commit(mvo: Mvo, document: Document, holders: Holders, world: World, matchers: tuple[Matcher, ...]) -> int:
    """Make it so; the number of attributes whose value changed."""
    before = mvo.document
    if not before:
        changed = set(document)
    elif before == document:
        changed = set()
    else:
        changed = {key for key in before.keys() | document.keys() if before.get(key) != document.get(key)}
    mvo.holders_changed = mvo.holders_changed or mvo.holders != holders
    mvo.document, mvo.holders = document, holders
    for matcher in matchers:
        if matcher.target_key in changed:
            lost = set(matcher.keys_of(before, matcher.target_key)) if before else set()
            gained = set(matcher.keys_of(document, matcher.target_key))
            world.rekey(mvo.id, matcher.rule_id, lost=lost - gained, gained=gained - lost)
    return len(changed)

"""Outbound: what an MVO means for its accounts in the target systems. Provision, update, correct drift.

In: an MVO of the page's world, the compiled rules. Out: new accounts and queued changes, and an effect per target.
Always: per target all or nothing; only the difference from what the account has, overlaid with what is queued or
sent, is queued; nothing to do queues nothing and withdraws an unsent export that became pointless.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from uuid_utils import uuid7

from .compile import CompiledRules, Flow, FlowValue, OutboundRules, OutboundTarget, OutboundType
from .errors import AmbiguousMatchError, ExistingJoinError, ObjectError, UnidentifiedAccountError
from .exports import SEALED, Changes, apply_changes, creation, difference
from .values import Document, hash_name, hash_text, to_text
from .world import Account, Export, Mvo, World

Wanted = dict[str, FlowValue]

LEFT = ("Executing", "Exported")
"""States of an export whose present wish has left; what an earlier one sent may still be unconfirmed in any state."""


@dataclass(slots=True)
class Effect:
    """What happened in one target. error: nothing was queued there.

    joined: an object that was there already became the account. disconnected: no rule wants the account any more.
    gone: the account that leaves the MVO; a placeholder may leave because `account` takes its place. waits: a delete
    that was sent is waited for, before the account can be provisioned anew.
    """

    target: OutboundTarget
    mvo: Mvo
    rule_name: str = ""
    account: Account | None = None
    provisioned: bool = False
    joined: bool = False
    queued: bool = False
    disconnected: bool = False
    gone: Account | None = None
    waits: bool = False
    error: ObjectError | None = None

    @property
    def happened(self) -> bool:
        return (
            self.queued
            or self.joined
            or self.disconnected
            or self.gone is not None
            or self.waits
            or self.error is not None
        )

    @property
    def takes_a_connector(self) -> bool:
        """Whether the MVO has one connector less: its account is disconnected, or is to be deleted from now on."""
        if self.gone is not None:
            return self.gone.is_disconnected
        export = self.account.export if self.queued and self.account is not None else None
        return export is not None and export.change_type == "Delete"


def synchronise_outbound(
    mvo: Mvo, world: World, rules: CompiledRules, *, drift_system_id: int | None = None
) -> Iterator[Effect]:
    """Effects per target system, in the order of the systems; targets where nothing happened give none.

    drift_system_id: judge this target only, since the MVO itself did not change.
    """
    if mvo.is_obsolete:
        return
    for target in rules.outbound.get(mvo.type_id, ()):
        if drift_system_id is not None and target.system_id != drift_system_id:
            continue
        effect = Effect(target, mvo)
        try:
            _judge_target(mvo, target, effect, world)
        except ObjectError as error:
            effect.error = error
            if effect.joined:
                _give_back(effect, world)
        if effect.happened:
            yield effect


def _judge_target(mvo: Mvo, target: OutboundTarget, effect: Effect, world: World) -> None:
    account = mvo.accounts.get(target.system_id)
    wanted = target.in_scope(mvo.document)
    if wanted is None:
        if account is not None and account.status != "Obsolete":
            _leave_scope(mvo, target, account, effect)
        return
    if account is None:
        if wanted.provisioning is None or mvo.deletion_eligible:
            return
        account = effect.account = _match(mvo, target, wanted, world)
        if account is None:
            _provision(mvo, target, wanted.provisioning, effect)
            return
        effect.joined = True
    kind = wanted.types.get(account.object_type_id)
    if kind is None:
        raise ExistingJoinError(
            f"{target.system_name} already has an account of another object type for this metaverse object"
        )
    if account.status == "Obsolete":
        return  # left to its own system's synchronisation
    if _is_renamed(mvo, account, kind):
        _provision(mvo, target, kind, effect)
        account.is_removed, effect.gone = True, account
        return
    effect.account, effect.rule_name = account, kind.last_in_scope.name
    effect.waits = _is_leaving(account)
    effect.queued = not effect.waits and _update(mvo, account, kind)


def _leave_scope(mvo: Mvo, target: OutboundTarget, account: Account, effect: Effect) -> None:
    """No rule wants the account any more: the rule that was last in scope decides, if it provisions and is enabled."""
    rule = target.deprovisioning.get(account.rule_id or 0)
    if rule is None:
        return
    effect.rule_name = rule.name
    if rule.deletes and not _never_left(account):
        effect.account, effect.queued = account, queue_delete(account)
        return
    deprovision(account, deletes=rule.deletes)
    effect.gone, effect.disconnected = mvo.accounts.pop(target.system_id), True


def _match(mvo: Mvo, target: OutboundTarget, wanted: OutboundRules, world: World) -> Account | None:
    """The unjoined object of the target that is this MVO's account, by the first matching rule that finds any.

    Raises: AmbiguousMatchError.
    """
    for matcher in target.matchers if world.unjoined else ():
        keys = matcher.keys_of(mvo.document, matcher.target_key)
        found = {a.cso_id: a for key in keys for a in world.unclaimed((matcher.rule_id, key))}
        candidates = [account for account in found.values() if account.object_type_id in wanted.types]
        if len(candidates) > 1:
            raise AmbiguousMatchError(
                f"several objects of {target.system_name} match this metaverse object, and none was provisioned; "
                "make the matching rule more exact, or correct the data"
            )
        if candidates:
            (account,) = candidates
            world.matched.add(account.cso_id)
            mvo.accounts[target.system_id] = account
            account.is_joined_now = True
            return account
    return None


def _give_back(effect: Effect, world: World) -> None:
    """An account that was found, but whose values cannot be told, lies there as before."""
    account = effect.mvo.accounts.pop(effect.target.system_id)
    account.is_joined_now = effect.joined = False
    effect.account = None
    world.matched.discard(account.cso_id)


def _provision(mvo: Mvo, target: OutboundTarget, kind: OutboundType, effect: Effect) -> None:
    """A placeholder with a queued create."""
    rule = kind.last_in_scope
    document = {key: value for key, value in _wanted(mvo, kind.flows, {}).items() if value is not None}
    secrets = _sealed(kind, document)
    account = Account(
        cso_id=str(uuid7()),
        system_id=target.system_id,
        object_type_id=kind.object_type.id,
        status="PendingProvisioning",
        join_type="Provisioned",
        rule_id=rule.id,
        is_new=True,
    )
    _identify(account, kind, document, target)
    account.display_name = kind.display_name(document)
    account.export = Export(str(uuid7()), "Create", "Pending", creation(document) | secrets, None, is_new=True)
    mvo.accounts[target.system_id] = account
    effect.account, effect.rule_name = account, rule.name
    effect.provisioned = effect.queued = True


def _sealed(kind: OutboundType, document: Document) -> Changes:
    """The document's secrets, taken out of it and encrypted."""
    return {key: {SEALED: kind.seal(to_text(document.pop(key)))} for key in kind.secret_keys & document.keys()}


def _identify(account: Account, kind: OutboundType, document: Document, target: OutboundTarget) -> None:
    """The placeholder's identifiers, where the rules give them. Raises: UnidentifiedAccountError."""
    external, secondary = kind.external_id, kind.secondary_external_id
    value = document.get(external.key) if external else None
    if value is not None:
        account.external_id = to_text(value)
        account.external_id_hash = hash_text(account.external_id)
    elif external is not None and kind.maps_external_id:
        raise UnidentifiedAccountError(
            f"the rules give {external.name}, the external ID in {target.system_name}, no value for this object"
        )
    if secondary is not None and document.get(secondary.key) is not None:
        account.secondary_hash = hash_name(to_text(document[secondary.key]))


def _is_renamed(mvo: Mvo, account: Account, kind: OutboundType) -> bool:
    """Whether a create that never left is now for an object with another identifier: it begins anew."""
    export = account.export
    if export is None or export.change_type != "Create" or export.sent is not None or export.attempted:
        return False
    wanted = {flow.key: flow.value(mvo.document, {}) for flow in kind.flows if flow.identifies}
    return any(value is not None and export.pending.get(key) != value for key, value in wanted.items())


def _is_leaving(account: Account) -> bool:
    """Whether a delete has left: it is waited for before the account is provisioned anew."""
    export = account.export
    return export is not None and export.change_type == "Delete" and export.status in LEFT


def _update(mvo: Mvo, account: Account, kind: OutboundType) -> bool:
    """Queue what differs; whether anything new was queued."""
    export = account.export
    if export is not None and export.change_type == "Delete":
        return _withdraw_delete(mvo, account, kind, export)
    creating = export is not None and export.change_type == "Create" and export.sent is None
    base = apply_changes(account.document, export.sent) if export is not None else account.document
    wanted = _wanted(mvo, _relevant(mvo, account, kind, creating=creating), base)
    account.rule_id = kind.last_in_scope.id
    changes = difference(wanted, base)
    if export is None:
        if changes:
            account.export = Export(str(uuid7()), "Update", "Pending", changes, None, is_new=True)
        return bool(changes)
    return _requeue(export, changes, wanted)


def _requeue(export: Export, changes: Changes, wanted: Wanted) -> bool:
    """Let an export that is queued already say what is wanted now; whether it says anything new."""
    kept = {key: part for key, part in export.pending.items() if key not in wanted}
    pending = kept | changes
    if pending == export.pending:
        return False
    new = any(key not in export.pending or export.pending[key] != part for key, part in pending.items())
    export.pending = pending
    export.is_changed = True
    export.error_count = 0
    export.status = _status_with(export, pending)
    export.is_withdrawn = not pending and export.sent is None and export.change_type != "Create"
    return new


def _status_with(export: Export, pending: Changes) -> str:
    """What a crash left Executing may not have arrived, and leaves again whatever is queued beside it."""
    if export.status == "Executing":
        return "Executing"
    return "Pending" if pending or export.sent is None else "Exported"


def _withdraw_delete(mvo: Mvo, account: Account, kind: OutboundType, export: Export) -> bool:
    """An unsent delete that is no longer wanted gives way to the update that is needed, beside what was sent before it;
    or, of an object that may never have arrived, to its create.
    """
    export.change_type, export.pending = "Update", {}
    if account.is_placeholder:
        export.change_type = "Create"
        if export.sent is None:
            secrets = [flow for flow in kind.flows if flow.is_secret]
            export.pending = _sealed(kind, {k: v for k, v in _wanted(mvo, secrets, {}).items() if v is not None})
    export.status = _status_with(export, {})
    export.is_changed = True
    changed = _update(mvo, account, kind)
    export.is_withdrawn = not export.pending and export.sent is None
    return changed


def _relevant(mvo: Mvo, account: Account, kind: OutboundType, *, creating: bool) -> Sequence[Flow]:
    """The mappings to compare: all of a rule that enforces state, of the others those whose source changed.

    Secrets were drawn when the create was queued; initial values follow as long as it is.
    """
    flows = [flow for flow in kind.flows if not flow.is_secret and (creating or not flow.initial_only)]
    if creating or account.is_joined_now or kind.enforced:
        return flows
    changed = mvo.changed_keys()
    return [flow for flow in flows if flow.rule_id in kind.enforcing_rules or flow.reads & changed]


def _wanted(mvo: Mvo, flows: Sequence[Flow], cs: Document) -> Wanted:
    """Attribute key -> value the rules want; null never clears an identifier. Raises: FlowError."""
    mv = mvo.document
    wanted: Wanted = {}
    for flow in flows:
        value = flow.value(mv, cs) if flow.copied is None else mv.get(flow.copied)
        if value is not None or not flow.identifies:
            wanted[flow.key] = value
    return wanted


def deprovision(account: Account, *, deletes: bool) -> bool:
    """What becomes of an account that no rule wants any more; whether a delete was queued.

    A create that was never sent cancels out with its account. After an attempt a delete is queued, since the create
    may have arrived. `Disconnect` lets the account stay and withdraws what is queued.
    """
    if _never_left(account):
        account.is_removed = True
        return False
    if deletes:
        return queue_delete(account)
    account.is_disconnected = True
    if account.export is not None:
        _withdraw_pending(account.export)
    return False


def _never_left(account: Account) -> bool:
    """Whether it is a placeholder whose create was never sent, so that nobody outside knows of it."""
    export = account.export
    return account.is_placeholder and (export is None or (export.sent is None and not export.attempted))


def queue_delete(account: Account) -> bool:
    """Whether a delete was queued that was not before."""
    export = account.export
    if export is None:
        account.export = Export(str(uuid7()), "Delete", "Pending", {}, None, is_new=True)
        return True
    if export.change_type == "Delete":
        return False
    export.change_type, export.status, export.pending = "Delete", "Pending", {}
    export.error_count = 0
    export.is_changed = True
    return True


def _withdraw_pending(export: Export) -> None:
    """What was not sent is no longer wanted; what was is still confirmed."""
    export.is_withdrawn = export.sent is None
    export.is_changed = bool(export.pending)
    export.pending = {}
    export.status = _status_with(export, {})

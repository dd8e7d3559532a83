"""Contribution: who holds an attribute of an MVO, and who takes it over when its holder lets go.

In: an MVO's document and holders, the CSOs that are joined to it. Out: both changed. Always: one contributor holds the
whole attribute; the best priority that has a value wins, whatever order the systems were synchronised in.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .compile import CompiledRules, Flow
from .values import Document
from .world import Contributor, Holders, Mvo


@dataclass(slots=True)
class Contest:
    """One MVO while its attributes change hands.

    others: asks for the MVO's other joined CSOs; only a holder that lets go makes them needed.
    """

    mvo: Mvo
    document: Document
    holders: Holders
    rules: CompiledRules
    others: Callable[[Mvo], Iterable[Contributor]]

    def let_go(self, key: str, own: Iterable[tuple[Flow, Document]], *, keeps_value: bool = False) -> None:
        """The holder of an attribute gives it up: the best other contributor that has a value takes it.

        own: mappings of the object that is being synchronised, with its document. keeps_value: without a successor
        the value stays behind, for any contributor to replace. Raises: FlowError.
        """
        self.holders.pop(key, None)
        candidates = [(flow, cs) for flow, cs in (*own, *self._flows_of_others()) if flow.key == key]
        for flow, cs in sorted(candidates, key=lambda candidate: candidate[0].priority):
            value = flow.value(self.document, cs)
            if value is not None or flow.null_is_value:
                self.holders[key] = flow.holder
                put(self.document, key, value)
                return
        if not keeps_value:
            self.document.pop(key, None)

    def _flows_of_others(self) -> Iterator[tuple[Flow, Document]]:
        for other in self.others(self.mvo):
            inbound = self.rules.inbound.get(other.object_type_id)
            in_scope = inbound.in_scope(other.document) if inbound is not None else None
            if in_scope is not None:
                for flow in in_scope.flows(self.mvo.type_id).all:
                    yield flow, other.document


def put(document: Document, key: str, value: object) -> None:
    if value is None:
        document.pop(key, None)
    else:
        document[key] = value  # type: ignore[assignment]


def withdrawn(
    mvo: Mvo,
    rules: CompiledRules,
    system_id: int,
    others: Callable[[Mvo], Iterable[Contributor]],
    *,
    keeps_values: bool,
) -> tuple[Document, Holders]:
    """The MVO's document and holders after its CSO of a system left: nothing is held by that system any more.

    keeps_values: what nobody else contributes stays behind, without a holder. Raises: FlowError.
    """
    contest = Contest(mvo, dict(mvo.document), dict(mvo.holders), rules, others)
    for key, holder in mvo.holders.items():
        if holder[0] == system_id:
            contest.let_go(key, (), keeps_value=keeps_values)
    return contest.document, contest.holders

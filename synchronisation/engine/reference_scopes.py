"""Scopes of references: which objects the rules that carry references do not take.

In: the objects and MVOs of a page. Out: `outside_of_rule`, which the statements of the page pass over. Always: only
rules with criteria are asked, and only about objects whose references are in question: criteria read documents.
"""

from collections.abc import Callable
from typing import Any

import orjson
from psycopg import Cursor

from synchronisation.rules.references import ReferenceFlows
from synchronisation.rules.scope import InScope, chooser, scope_of
from synchronisation.rules.specification import Rule, Specification
from synchronisation.rules.values import Document

from .bulk import copy_rows
from .statements import sql

OUTSIDE = ("rule_id", "object_id", "is_retained")


class ReferenceScopes:
    """Costs nothing where no rule with criteria carries a reference."""

    def __init__(self, specification: Specification, flows: ReferenceFlows) -> None:
        """Raises: CriterionError."""
        rules = {rule.id: rule for rule in specification.rules}
        attributes = {kind.id: {a.id: a for a in kind.attributes} for kind in specification.object_types}
        identities = {kind.id: {a.id: a for a in kind.attributes} for kind in specification.metaverse_types}
        self.inbound = {
            flow.rule_id: scope_of(rules[flow.rule_id], attributes[flow.object_type_id])
            for flow in flows.inbound
            if flow.scoped
        }
        self.outbound = {
            flow.rule_id: scope_of(rules[flow.rule_id], identities[flow.type_id])
            for flow in flows.outbound
            if flow.scoped
        }
        self.is_retained: dict[int, Callable[[Document], bool]] = {}
        for type_id in {flow.object_type_id for flow in flows.inbound if flow.scoped}:
            importing = [rule for rule in rules.values() if rule.is_import and rule.object_type_id == type_id]
            scopes = [(rule, scope_of(rule, attributes[type_id])) for rule in importing]
            self.is_retained[type_id] = _retention(scopes)

    def exclude_objects(self, cursor: Cursor[Any]) -> None:
        """Contributors to the wanted attributes that their rule does not take."""
        if not self.inbound:
            return
        cursor.execute(sql("scoped_contributors"))
        outside = []
        for rule_id, cso_id, type_id, text in cursor.fetchall():
            document = orjson.loads(text)
            if not _takes(self.inbound[rule_id], document):
                outside.append((rule_id, cso_id, self.is_retained[type_id](document)))
        copy_rows(cursor, "outside_of_rule", OUTSIDE, outside)

    def exclude_mvos(self, cursor: Cursor[Any]) -> None:
        """MVOs of the candidates' accounts that an export rule does not take."""
        if not self.outbound:
            return
        cursor.execute(sql("scoped_accounts"))
        outside = [
            (rule_id, mvo_id, False)
            for rule_id, mvo_id, text in cursor.fetchall()
            if not _takes(self.outbound[rule_id], orjson.loads(text))
        ]
        copy_rows(cursor, "outside_of_rule", OUTSIDE, outside)


def _takes(in_scope: InScope | None, document: Document) -> bool:
    return in_scope is None or in_scope(document)


def _retention(scopes: list[tuple[Rule, InScope | None]]) -> Callable[[Document], bool]:
    """Whether an object that none of these rules takes stays joined, and holds what it does."""
    retains = any(rule.retains_join for rule, _ in scopes)
    return chooser(scopes, lambda chosen: retains and not chosen)

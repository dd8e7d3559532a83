"""A small schema for tests of the rules: people in HR, persons in the metaverse, accounts in a directory.

Attributes are named constants; their keys stand in documents. `specification` and `compiled` put rules around them.
"""

from collections.abc import Mapping as Lookup
from datetime import UTC, datetime

from connectors.contract import AttributeType
from synchronisation.rules.compile import CompiledRules, compile_rules
from synchronisation.rules.specification import (
    Attribute,
    Mapping,
    MatchingRule,
    MetaverseType,
    ObjectType,
    Rule,
    Source,
    Specification,
    System,
)

TEXT = AttributeType.TEXT

EMPLOYEE = Attribute(1, "employeeId", TEXT, external_id=True)
FIRST = Attribute(2, "firstName", TEXT)
LAST = Attribute(3, "lastName", TEXT)
AGE = Attribute(4, "age", AttributeType.NUMBER)
PHONES = Attribute(5, "phones", TEXT, multi_valued=True)

MV_EMPLOYEE = Attribute(11, "Employee ID", TEXT)
MV_FIRST = Attribute(12, "First Name", TEXT)
MV_NAME = Attribute(13, "Display Name", TEXT)
MV_AGE = Attribute(14, "Age", AttributeType.NUMBER)
MV_PHONES = Attribute(15, "Phones", TEXT, multi_valued=True)
MV_MANAGER = Attribute(16, "Manager", AttributeType.REFERENCE)

UID = Attribute(21, "uid", TEXT, external_id=True)
DN = Attribute(22, "dn", TEXT, secondary_external_id=True)
CN = Attribute(23, "cn", TEXT)
MAIL = Attribute(24, "mail", TEXT)
TELEPHONE = Attribute(25, "telephoneNumber", TEXT, multi_valued=True)
PASSWORD = Attribute(26, "userPassword", TEXT)

PERSON = ObjectType(1, 1, "person", selected=True, recall=True, attributes=(EMPLOYEE, FIRST, LAST, AGE, PHONES))
ACCOUNT = ObjectType(2, 2, "account", selected=True, recall=True, attributes=(UID, DN, CN, MAIL, TELEPHONE, PASSWORD))
BADGE_ID = Attribute(31, "badgeId", TEXT, external_id=True)
HOLDER = Attribute(32, "holder", TEXT)
BADGE = ObjectType(3, 3, "badge", selected=True, recall=True, attributes=(BADGE_ID, HOLDER))

HR = System(1, "HR", False, 20, 50, 5)
DIRECTORY = System(2, "Directory", False, 20, 50, 5)
BADGES = System(3, "Badges", False, 20, 50, 5)
SYSTEM_OF = {PERSON.id: HR, ACCOUNT.id: DIRECTORY, BADGE.id: BADGES}

MV_PERSON = MetaverseType(
    1, "person", "Manual", None, (), (MV_EMPLOYEE, MV_FIRST, MV_NAME, MV_AGE, MV_PHONES, MV_MANAGER)
)

Values = Lookup[Attribute, object]
"""A document by attribute instead of key."""


def document(values: Values) -> dict[str, object]:
    return {attribute.key: value for attribute, value in values.items()}


def flow(
    target: Attribute,
    *sources: Attribute | str,
    priority: int | None = None,
    null_is_value: bool = False,
    initial_only: bool = False,
) -> Mapping:
    """A mapping from attributes or expressions."""
    kinds = tuple(Source(None, s) if isinstance(s, str) else Source(s.id, None) for s in sources)
    return Mapping(target.id, target.id, priority, null_is_value, initial_only, kinds)


def import_rule(*mappings: Mapping, rule_id: int = 1, projects: bool = True, object_type: ObjectType = PERSON) -> Rule:
    return Rule(
        rule_id, f"import {rule_id}", object_type.system_id, object_type.id, MV_PERSON.id, is_import=True,
        projects=projects, provisions=False, enforces_state=False, deletes=False, mappings=mappings,
    )  # fmt: skip


def export_rule(
    *mappings: Mapping,
    rule_id: int = 2,
    provisions: bool = True,
    enforces_state: bool = True,
    deletes: bool = False,
    object_type: ObjectType = ACCOUNT,
) -> Rule:
    return Rule(
        rule_id, f"export {rule_id}", object_type.system_id, object_type.id, MV_PERSON.id, is_import=False,
        projects=False, provisions=provisions, enforces_state=enforces_state, deletes=deletes, mappings=mappings,
    )  # fmt: skip


def matching_rule(
    *sources: Attribute, target: Attribute, rule_id: int = 1, case_sensitive: bool = True, sync_rule: int | None = None
) -> MatchingRule:
    """Simple mode, unless it belongs to a synchronisation rule."""
    ids = tuple(source.id for source in sources)
    return MatchingRule(rule_id, PERSON.id, MV_PERSON.id, sync_rule, target.id, case_sensitive, ids)


def specification(*rules: Rule, matching: tuple[MatchingRule, ...] = (), system: System = HR) -> Specification:
    return Specification(
        now=datetime(2026, 1, 1, tzinfo=UTC),
        run_type="FullSynchronisation",
        system=system,
        systems=(system, DIRECTORY, BADGES),
        object_types=(PERSON, ACCOUNT, BADGE),
        metaverse_types=(MV_PERSON,),
        rules=rules,
        matching_rules=matching,
    )


def compiled(*rules: Rule, matching: tuple[MatchingRule, ...] = (), system: System = HR) -> CompiledRules:
    return compile_rules(specification(*rules, matching=matching, system=system))

"""Every error type of the contract, produced by a run that is started and read through the API; see `PRODUCED`.

Always: in each of these runs other objects fare well, since an error in one object never costs another.
"""

from collections.abc import Callable
from typing import Any

import pytest

from activities.models import ErrorType, RunType
from connectors.contract import AttributeType, ObjectFault
from tests.acceptance.installation import (
    PERSON,
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
    memory_connector,
)
from tests.acceptance.over_api import client, execute
from tests.contract.validation import ContractClient, contract

__all__ = ["client", "memory_connector"]

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT

Found = dict[str | None, str | None]
"""External ID -> error type, of the items of a run."""

Prepare = Callable[[], tuple[InMemory, RunType]]
"""Sets an installation up; the system and the run that meets the errors."""


def unreadable_objects() -> tuple[InMemory, RunType]:
    types = {"age": AttributeType.NUMBER, "manager": AttributeType.REFERENCE}
    system = in_memory("HR", "id", "name", "age", "manager", types=types)
    system.put("good", name="Zoë", age="30")
    system.put("lonely", manager="nobody")
    system.put("two names", name=("A", "B"))
    system.put("old", age="old")
    system.put("broken")
    system.store.faults["broken"] = ObjectFault("UnhandledError", "the store could not read it")
    for key in ("one", "other"):
        system.store.put(PERSON, key, {"id": ("twice",)})
    return system, IMPORT


def object_without_an_external_id() -> tuple[InMemory, RunType]:
    system = in_memory("HR", "id", "name")
    system.put("good")
    system.store.put(PERSON, "nobody", {"name": ("Nobody",)})
    return system, IMPORT


def object_of_an_unknown_type() -> tuple[InMemory, RunType]:
    system = in_memory("HR", "id", "name")
    system.put("good")
    system.store.put("robot", "R2", {"id": ("R2",)})
    return system, IMPORT


def objects_that_rules_stumble_over() -> tuple[InMemory, RunType]:
    """HR projects its people. Payroll joins its own by mail, and contributes phone and level."""
    identities("Badge", "Mail", "Phone", "Level", types={"Level": AttributeType.LONG_NUMBER})
    hr = in_memory("HR", "id", "mail")
    import_rule(hr, {"Badge": "id", "Mail": "mail"})
    for number, mail in (("1", "zoe@x"), ("2", "li@x"), ("3", "bo@x"), ("4", "al@x"), ("5", "al@x")):
        hr.put(number, mail=mail)
    payroll = in_memory("Payroll", "no", "mail", "phones", "level", several=("phones",))
    import_rule(payroll, {"Phone": "phones", "Level": '=ToInt(cs["level"])'}, projects=False)
    matching_rule(payroll, "mail", "Mail")
    payroll.put("good", mail="zoe@x", phones="1", level="7")
    payroll.put("late", mail="zoe@x")
    payroll.put("many phones", mail="li@x", phones=("1", "2"))
    payroll.put("high", mail="bo@x", level="9" * 20)
    payroll.put("vague", mail="al@x")
    hr.run(IMPORT)
    hr.run(SYNC)
    payroll.run(IMPORT)
    return payroll, SYNC


def exports_that_had_no_effect() -> tuple[InMemory, RunType]:
    """The directory takes what is exported, and then shows something else, for one of two."""
    identities("Badge", "Name")
    hr, directory = in_memory("HR", "id", "name"), in_memory("Directory", "uid", "cn")
    import_rule(hr, {"Badge": "id", "Name": "name"})
    export_rule(directory, {"uid": "Badge", "cn": "Name"})
    directory.system.max_export_attempts = 1
    directory.system.save()
    for number in ("good", "stubborn"):
        hr.put(number, name="Zoë")
    hr.run(IMPORT)
    hr.run(SYNC)
    directory.run(EXPORT)
    directory.put("stubborn", cn="Somebody else")
    return directory, IMPORT


PRODUCED: dict[Prepare, Found] = {
    unreadable_objects: {
        "good": None,
        "lonely": "UnresolvedReference",
        "two names": "DuplicateImportedAttributes",
        "old": "InvalidAttributeValue",
        "broken": "UnhandledError",
        "twice": "DuplicateObject",
    },
    object_without_an_external_id: {"good": None, None: "MissingExternalIdAttributeValue"},
    object_of_an_unknown_type: {"good": None, None: "CouldNotMatchObjectType"},
    objects_that_rules_stumble_over: {
        "good": None,
        "late": "CouldNotJoinDueToExistingJoin",
        "many phones": "MultiValuedToSingleValued",
        "high": "ExpressionFailed",
        "vague": "AmbiguousMatch",
    },
    exports_that_had_no_effect: {"good": None, "stubborn": "ExportConfirmationFailed"},
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prepare", PRODUCED, ids=lambda prepare: prepare.__name__)
def test_run_says_of_each_object_what_went_wrong(client: ContractClient, prepare: Prepare) -> None:
    expected = PRODUCED[prepare]
    system, run_type = prepare()

    seen = execute(client, system, run_type)

    failed = sum(error is not None for error in expected.values()) + ("twice" in expected)
    assert (seen.activity["status"], seen.errors) == ("CompleteWithError", expected)
    assert seen.activity["executionStats"]["totalObjectErrors"] == failed


def types_of_the_contract() -> set[str]:
    schema: dict[str, Any] = contract()["components"]["schemas"]["ExecutionItemErrorType"]
    return set(schema["enum"])


def test_every_type_of_the_contract_is_produced() -> None:
    produced = {error for found in PRODUCED.values() for error in found.values() if error is not None}
    assert produced == types_of_the_contract() == set(ErrorType.values)

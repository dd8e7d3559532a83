from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.models import (
    Attribute,
    ConnectorSpaceObject,
    CsoReference,
    Join,
    ObjectType,
    PendingExport,
    PendingExportReference,
)
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import SYSTEMS, V1, call
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, create_reference, join, queue

EXPORTS = f"{V1}/synchronisation/pending-exports"
Row = tuple[str, str, str, Any, int]


class TestAccess(EndpointTests):
    path = f"{SYSTEMS}/1/pending-exports"
    missing = (
        f"{SYSTEMS}/999999/pending-exports",
        f"{SYSTEMS}/999999/pending-exports/count",
        f"{EXPORTS}/{UUID(int=1)}",
        f"{EXPORTS}/1",
    )


@pytest.fixture
def account(directory: Any) -> ConnectorSpaceObject:
    object_type = ObjectType.objects.get(system=directory["id"])
    object_type.attributes.create(name="groups", type="Text", plurality="MultiValued")
    return create_cso(object_type, external_id="zoe", display_name="Zoë")


def named(account: ConnectorSpaceObject, name: str) -> Attribute:
    return account.object_type.attributes.get(name=name)


def test_export_is_summed_up_in_the_list(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    mvo = create_mvo(display_name="Zoë O'Brien")
    changes = {named(account, "mail"): "z@x", named(account, "groups"): {"add": ["a", "b"], "remove": ["c"]}}
    export = queue(account, changes, mvo_id=mvo.pk)
    page = call(administrator, "get", f"{SYSTEMS}/{account.system_id}/pending-exports")
    assert page["pageSize"] == 50
    assert page["items"] == [
        {
            "id": str(export.pk),
            "connectedSystemId": account.system_id,
            "changeType": "Update",
            "status": "Pending",
            "createdAt": page["items"][0]["createdAt"],
            "lastAttemptedAt": None,
            "nextRetryAt": None,
            "errorCount": 0,
            "maxRetries": 5,
            "lastErrorMessage": None,
            "hasUnresolvedReferences": False,
            "sourceMetaverseObjectId": str(mvo.pk),
            "sourceMetaverseObjectDisplayName": "Zoë O'Brien",
            "connectedSystemObjectId": str(account.pk),
            "targetObjectIdentifier": "zoe",
            "attributeChangeCount": 4,
        }
    ]


def test_export_is_answered_with_the_names_of_its_objects(
    administrator: APIClient, account: ConnectorSpaceObject
) -> None:
    export = queue(account, {}, change_type="Delete", mvo_id=create_mvo(display_name="Z").pk)
    answered = call(administrator, "get", f"{EXPORTS}/{export.pk}")
    assert (answered["connectedSystemName"], answered["connectedSystemObjectDisplayName"]) == ("Directory", "Zoë")
    assert answered["connectedSystemObjectTypeName"] == answered["sourceMetaverseObjectTypeName"] == "person"
    assert (answered["attributeChanges"], answered["attributeChangeSummaries"]) == ([], None)


def rows(answered: Any) -> list[Row]:
    """(attribute, change type, status, text, attempts) of each change."""
    return [
        (c["attributeName"], c["changeType"], c["status"], c["stringValue"], c["exportAttemptCount"])
        for c in answered["attributeChanges"]
    ]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("x", [("Replace", "x")]),
        (None, [("Delete", None)]),
        ({"add": ["a"], "remove": ["b", "c"]}, [("Delete", "b"), ("Delete", "c"), ("Add", "a")]),
    ],
    ids=["set", "clear", "add and remove"],
)
def test_each_value_of_a_change_is_a_row(
    administrator: APIClient, account: ConnectorSpaceObject, part: Any, expected: Any
) -> None:
    export = queue(account, {named(account, "groups"): part})
    found = rows(call(administrator, "get", f"{EXPORTS}/{export.pk}"))
    assert [(change, value) for _, change, _, value, _ in found] == expected


@pytest.mark.parametrize(
    ("status", "error_count", "expected"),
    [
        ("Executing", 0, ("Pending", 1)),
        ("Exported", 0, ("ExportedPendingConfirmation", 1)),
        ("ExportNotConfirmed", 2, ("ExportedNotConfirmed", 2)),
        ("Failed", 5, ("Failed", 5)),
    ],
)
def test_what_was_sent_and_what_waits_beside_it_are_told_apart(
    administrator: APIClient, account: ConnectorSpaceObject, status: str, error_count: int, expected: Any
) -> None:
    mail, surname = named(account, "mail"), named(account, "sn")
    sent = {str(mail.pk): "z@x"}
    export = queue(account, {surname: "Å"}, sent=sent, status=status, error_count=error_count)
    found = rows(call(administrator, "get", f"{EXPORTS}/{export.pk}"))
    assert sorted(found) == [("mail", "Replace", expected[0], "z@x", expected[1]), ("sn", "Replace", "Pending", "Å", 0)]


def test_long_changes_are_cut_and_come_in_pages(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    groups = [f"group {n:02}" for n in range(14)]
    export = queue(account, {named(account, "groups"): {"add": groups}})
    answered = call(administrator, "get", f"{EXPORTS}/{export.pk}")
    path = f"{EXPORTS}/{export.pk}/attribute-changes/GROUPS/values"
    page, found = (
        call(administrator, "get", f"{path}?page=2&pageSize=8"),
        call(administrator, "get", f"{path}?search=P 1"),
    )
    assert len(answered["attributeChanges"]) == 10
    assert answered["attributeChangeSummaries"] == [
        {"attributeName": "groups", "totalCount": 14, "returnedCount": 10, "hasMore": True}
    ]
    assert [c["stringValue"] for c in page["items"]] == groups[8:]
    assert [c["stringValue"] for c in found["items"]] == groups[10:]


def test_changes_of_an_unknown_attribute_are_not_found(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    export = queue(account, {})
    path = f"{EXPORTS}/{export.pk}/attribute-changes"
    assert_error(administrator.get(f"{path}/shoeSize/values"), 404, "NOT_FOUND")
    assert call(administrator, "get", f"{path}/mail/values")["items"] == []


def test_list_is_searched_by_identifier_and_name(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    queue(account, {})
    queue(create_cso(account.object_type, external_id="li", display_name="Li"), {})
    path = f"{SYSTEMS}/{account.system_id}/pending-exports"
    found = [call(administrator, "get", f"{path}?search={text}")["totalCount"] for text in ("ZOË", "zo", "i", "nobody")]
    assert found == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", 2), ("status=Failed", 1), ("changeType=Create", 1), ("changeType=Create&status=Failed", 0)],
)
def test_count_is_filtered(administrator: APIClient, account: ConnectorSpaceObject, query: str, expected: int) -> None:
    queue(account, {}, status="Failed")
    queue(create_cso(account.object_type), {}, change_type="Create")
    path = f"{SYSTEMS}/{account.system_id}/pending-exports/count"
    assert call(administrator, "get", f"{path}?{query}") == expected
    assert_error(administrator.get(f"{path}?status=3"), 400, "VALIDATION_ERROR", {"status": ...})


def test_list_costs_the_same_however_long_it_is(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    path = f"{SYSTEMS}/{account.system_id}/pending-exports"
    queue(account, {})
    before = query_count(administrator, path)
    for _ in range(4):
        queue(create_cso(account.object_type), {named(account, "mail"): "x"}, mvo_id=create_mvo().pk)
    assert query_count(administrator, path) == before


def test_export_whose_object_is_gone_is_still_shown(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    export = queue(account, {named(account, "mail"): "x"})
    ConnectorSpaceObject.objects.all().delete()
    answered = call(administrator, "get", f"{EXPORTS}/{export.pk}")
    assert (answered["connectedSystemObjectTypeName"], len(answered["attributeChanges"])) == (None, 1)
    assert PendingExport.objects.count() == 1


@pytest.mark.parametrize("status", ["Failed", "ExportNotConfirmed"])
def test_failed_export_is_due_again_with_all_its_attempts(
    administrator: APIClient, account: ConnectorSpaceObject, status: str
) -> None:
    waiting = {"status": status, "error_count": 5, "next_retry": timezone.now(), "last_error_message": "No."}
    export = queue(account, {}, **waiting)
    answered = call(administrator, "post", f"{EXPORTS}/{export.pk}/retry")
    assert (answered["status"], answered["errorCount"], answered["nextRetryAt"]) == ("Pending", 0, None)
    assert answered == call(administrator, "get", f"{EXPORTS}/{export.pk}")
    activity = Activity.objects.latest("created")
    assert (activity.target_name, activity.message) == ("Directory", f"Pending export {export.pk} queued again.")


@pytest.mark.parametrize(
    ("status", "words"),
    [("Pending", "run an export"), ("Executing", "wait for its result"), ("Exported", "run an import")],
)
def test_export_that_has_not_failed_is_not_retried(
    administrator: APIClient, account: ConnectorSpaceObject, status: str, words: str
) -> None:
    export = queue(account, {}, status=status, error_count=2)
    response = administrator.post(f"{EXPORTS}/{export.pk}/retry")
    assert_error(response, 400, "BAD_REQUEST")
    assert words in response.json()["message"]
    export.refresh_from_db()
    assert (export.status, export.error_count) == (status, 2)


def test_discarded_update_leaves_the_object_alone(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    join(account, create_mvo())
    export = queue(account, {named(account, "mail"): {"set": "x"}}, status="Failed")
    call(administrator, "delete", f"{EXPORTS}/{export.pk}", status=204)
    assert not PendingExport.objects.exists()
    assert (ConnectorSpaceObject.objects.get(), Join.objects.count()) == (account, 1)
    assert Activity.objects.latest("created").message == f"Pending export {export.pk} discarded."
    assert_error(administrator.delete(f"{EXPORTS}/{export.pk}"), 404, "NOT_FOUND")


def test_discarded_create_takes_its_placeholder_along(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    placeholder = create_cso(account.object_type, status="PendingProvisioning")
    join(placeholder, create_mvo(), "Provisioned")
    create_reference(account, named(account, "manager"), "li", placeholder.pk)
    export = queue(placeholder, {named(account, "mail"): {"set": "x"}}, change_type="Create")
    kept = queue(account, {})
    call(administrator, "delete", f"{EXPORTS}/{export.pk}", status=204)
    assert (ConnectorSpaceObject.objects.get(), PendingExport.objects.get()) == (account, kept)
    assert not Join.objects.exists()
    assert (CsoReference.objects.get().text, CsoReference.objects.get().target_id) == ("li", None)


def test_discarded_create_of_an_object_that_was_found_leaves_it(
    administrator: APIClient, account: ConnectorSpaceObject
) -> None:
    join(account, create_mvo(), "Provisioned")
    export = queue(account, {}, change_type="Create", status="Failed")
    call(administrator, "delete", f"{EXPORTS}/{export.pk}", status=204)
    assert (ConnectorSpaceObject.objects.count(), Join.objects.count(), PendingExport.objects.count()) == (1, 1, 0)


def test_discarding_leaves_what_was_sent(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    mail, surname = named(account, "mail"), named(account, "sn")
    sent = {str(mail.pk): {"set": "z@x"}}
    export = queue(account, {surname: {"set": "Å"}}, sent=sent)
    call(administrator, "delete", f"{EXPORTS}/{export.pk}", status=204)
    export.refresh_from_db()
    assert (export.sent, export.pending, export.status) == (sent, {}, "Exported")


@pytest.mark.parametrize(("status", "sent"), [("Executing", None), ("Executing", {}), ("Exported", {})], ids=str)
def test_what_has_left_cannot_be_discarded(
    administrator: APIClient, account: ConnectorSpaceObject, status: str, sent: Any
) -> None:
    export = queue(account, {}, status=status, sent=sent)
    assert_error(administrator.delete(f"{EXPORTS}/{export.pk}"), 400, "BAD_REQUEST")
    assert PendingExport.objects.get() == export


def test_delete_is_discarded_whatever_left_before(administrator: APIClient, account: ConnectorSpaceObject) -> None:
    export = queue(account, {}, change_type="Delete", sent={"1": {"set": "x"}})
    call(administrator, "delete", f"{EXPORTS}/{export.pk}", status=204)
    assert not PendingExport.objects.exists()
    assert ConnectorSpaceObject.objects.get() == account


def test_unknown_export_is_neither_retried_nor_discarded(administrator: APIClient) -> None:
    assert_error(administrator.post(f"{EXPORTS}/{UUID(int=1)}/retry"), 404, "NOT_FOUND")
    assert_error(administrator.delete(f"{EXPORTS}/{UUID(int=1)}"), 404, "NOT_FOUND")


@pytest.fixture
def team(account: ConnectorSpaceObject) -> ConnectorSpaceObject:
    """With members and one owner; the account is to be both."""
    references = {"type": "Reference", "selected": True}
    account.object_type.attributes.create(name="member", plurality="MultiValued", **references)
    account.object_type.attributes.create(name="owner", **references)
    return create_cso(account.object_type, external_id="team")


def queue_reference(team: ConnectorSpaceObject, name: str, whom: ConnectorSpaceObject, **fields: Any) -> None:
    PendingExportReference.objects.create(
        cso_id=team.pk, system_id=team.system_id, attribute_id=named(team, name).pk, target_id=whom.pk,
        **{"is_removal": False} | fields,
    )  # fmt: skip


def reference_rows(answered: Any) -> list[tuple[str, str, str, str, int]]:
    return [
        (c["attributeName"], c["changeType"], c["status"], c["unresolvedReferenceValue"], c["exportAttemptCount"])
        for c in answered
    ]


def test_references_are_changes_too(
    administrator: APIClient, account: ConnectorSpaceObject, team: ConnectorSpaceObject
) -> None:
    export = queue(team, {named(team, "mail"): "t@x"}, status="ExportNotConfirmed", error_count=1)
    queue_reference(team, "member", account)
    queue_reference(team, "member", team, is_removal=True, text="cn=team", status="Exported")
    queue_reference(team, "owner", account)

    answered = call(administrator, "get", f"{EXPORTS}/{export.pk}")["attributeChanges"]

    assert sorted(reference_rows(answered)) == [
        ("mail", "Replace", "ExportedNotConfirmed", None, 1),
        ("member", "Add", "ExportedNotConfirmed", "zoe", 1),
        ("member", "Delete", "ExportedPendingConfirmation", "cn=team", 2),
        ("owner", "Replace", "ExportedNotConfirmed", "zoe", 1),
    ]
    listed = call(administrator, "get", f"{SYSTEMS}/{account.system_id}/pending-exports")
    assert [item["attributeChangeCount"] for item in listed["items"]] == [4]


def test_references_of_a_large_group_are_paged_and_searched(
    administrator: APIClient, account: ConnectorSpaceObject, team: ConnectorSpaceObject
) -> None:
    export = queue(team, {})
    for number in range(12):
        queue_reference(team, "member", create_cso(account.object_type, external_id=f"member {number:02}"))

    answered = call(administrator, "get", f"{EXPORTS}/{export.pk}")

    assert len(answered["attributeChanges"]) == 10
    assert answered["attributeChangeSummaries"] == [
        {"attributeName": "member", "totalCount": 12, "returnedCount": 10, "hasMore": True}
    ]
    path = f"{EXPORTS}/{export.pk}/attribute-changes/member/values"
    page = call(administrator, "get", f"{path}?pageSize=5&page=3")
    assert (page["totalCount"], len(page["items"])) == (12, 2)
    found = call(administrator, "get", f"{path}?search=ER 07")
    assert [row["unresolvedReferenceValue"] for row in found["items"]] == ["member 07"]


@pytest.mark.parametrize("status", ["Pending", "Exported"])
def test_references_that_were_not_sent_are_discarded(
    administrator: APIClient, account: ConnectorSpaceObject, team: ConnectorSpaceObject, status: str
) -> None:
    export = queue(team, {})
    queue_reference(team, "member", account)
    queue_reference(team, "owner", account, status=status)

    call(administrator, "delete", f"{EXPORTS}/{export.pk}", status=204)

    left = [] if status == "Pending" else ["Exported"]
    assert list(PendingExportReference.objects.values_list("status", flat=True)) == left
    assert list(PendingExport.objects.values_list("status", flat=True)) == left

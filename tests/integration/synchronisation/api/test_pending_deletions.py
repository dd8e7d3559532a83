from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from synchronisation.models import MetaverseObject, MetaverseObjectType, ObjectType
from tests.api import EndpointTests, query_count
from tests.integration.synchronisation.api.configuration import V1, call, metaverse_type_id
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, join

PENDING = f"{V1}/metaverse/pending-deletions"


class TestAccess(EndpointTests):
    path = PENDING


class TestSummaryAccess(EndpointTests):
    path = f"{PENDING}/summary"


def marked(days: float, **fields: Any) -> MetaverseObject:
    now = timezone.now()
    return create_mvo(
        last_connector_disconnected=now - timedelta(days=1), deletion_eligible=now + timedelta(days=days), **fields
    )


def test_each_says_what_it_waits_for(administrator: APIClient, hr: Any) -> None:
    MetaverseObjectType.objects.filter(name="person").update(deletion_grace_period=timedelta(days=7))
    create_mvo(display_name="stays")
    waiting = marked(6.5, display_name="Zoë")
    overdue = marked(-0.5, display_name="Bo")
    leaving = create_mvo(display_name="Li", status="Obsolete", type_name="group")
    join(create_cso(ObjectType.objects.get(system=hr["id"])), leaving)
    page = call(administrator, "get", PENDING)
    assert [
        (one["id"], one["status"], one["daysUntilDeletion"], one["gracePeriod"], one["connectedSystemObjectCount"])
        for one in page["items"]
    ] == [
        (str(waiting.pk), "AwaitingGracePeriod", 6, "7.00:00:00", 0),
        (str(overdue.pk), "ReadyForDeletion", -1, "7.00:00:00", 0),
        (str(leaving.pk), "Deprovisioning", None, None, 1),
    ]
    assert page["items"][2]["lastConnectorDisconnectedDate"] is not None
    assert call(administrator, "get", f"{PENDING}/count") == 3
    assert call(administrator, "get", f"{PENDING}/count?objectTypeId={metaverse_type_id('group')}") == 1
    assert call(administrator, "get", f"{PENDING}?objectTypeId={metaverse_type_id()}")["totalCount"] == 2
    assert call(administrator, "get", f"{PENDING}/summary") == {
        "totalCount": 3,
        "deprovisioningCount": 1,
        "awaitingGracePeriodCount": 1,
        "readyForDeletionCount": 1,
    }


def test_list_costs_the_same_however_long_it_is(administrator: APIClient) -> None:
    for days in range(3):
        marked(days)
    assert (
        query_count(administrator, f"{PENDING}?pageSize=1") == query_count(administrator, f"{PENDING}?pageSize=3") == 2
    )

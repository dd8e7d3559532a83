from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from jim.accounts.models import Role, RoleMember
from synchronisation.models import MetaverseObject
from tests.api import assert_error, create_key
from tests.integration.synchronisation.api.configuration import V1
from tests.integration.synchronisation.api.objects import create_mvo, metaverse
from tests.oidc import Issuer

pytestmark = pytest.mark.django_db
ROLES, USER_INFO = f"{V1}/security/roles", f"{V1}/userinfo"


def person(*roles: str, account: str = "zoe") -> MetaverseObject:
    mvo = create_mvo({metaverse("Account Name"): account}, display_name="Zoë O'Brien")
    for role in Role.objects.filter(name__in=roles):
        RoleMember.objects.create(role=role, metaverse_object_id=mvo.pk)
    return mvo


def client_of(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_administrator_is_let_in_and_told_who_they_are(issuer: Issuer) -> None:
    zoe = person("Administrator")
    client = client_of(issuer.token())
    assert client.get(ROLES).status_code == 200
    assert client.get(USER_INFO).json() == {
        "authorised": True,
        "isAdministrator": True,
        "name": "Zoë O'Brien",
        "authMethod": "oauth",
        "metaverseObjectId": str(zoe.pk),
        "roles": ["Administrator"],
        "message": None,
    }


def test_person_without_the_role_may_only_ask_who_they_are(issuer: Issuer) -> None:
    person("User")
    client = client_of(issuer.token())
    assert_error(client.get(ROLES), 403, "FORBIDDEN")
    assert client.get(USER_INFO).json()["roles"] == ["User"]


def test_somebody_unknown_is_told_so(issuer: Issuer) -> None:
    person("Administrator", account="other")
    client = client_of(issuer.token(name="Stranger"))
    body: Any = client.get(USER_INFO).json()
    assert (body["authorised"], body["name"], body["metaverseObjectId"]) == (False, "Stranger", None)
    assert "no metaverse object" in body["message"]
    assert_error(client.get(ROLES), 403, "FORBIDDEN")


def test_value_that_two_have_is_nobody_s(issuer: Issuer) -> None:
    person("Administrator")
    person("Administrator")
    assert_error(client_of(issuer.token()).get(ROLES), 403, "FORBIDDEN")


def test_change_counts_at_once_although_people_are_remembered(issuer: Issuer) -> None:
    zoe = person("Administrator")
    client = client_of(issuer.token())
    assert client.get(ROLES).status_code == 200
    MetaverseObject.objects.filter(pk=zoe.pk).update(status="Obsolete")
    assert client.get(ROLES).status_code == 403
    MetaverseObject.objects.filter(pk=zoe.pk).delete()
    assert client.get(ROLES).status_code == 403


def test_remembered_person_is_not_looked_for_among_all(issuer: Issuer, django_assert_num_queries: Any) -> None:
    person("Administrator")
    client = client_of(issuer.token())
    client.get(USER_INFO)
    with django_assert_num_queries(3) as queries:  # attribute, object, roles
        client.get(USER_INFO)
    assert '"mvo"."id" =' in queries[1]["sql"]


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_bad_token_is_unauthorised_without_saying_why(issuer: Issuer, token: str) -> None:
    response = client_of(token).get(ROLES)
    assert_error(response, 401, "UNAUTHORISED")
    assert response.json()["message"] == "The token is not valid here, or expired."


def test_token_is_not_taken_until_it_is_set_up(issuer: Issuer, settings: Any) -> None:
    person("Administrator")
    settings.JIM_OIDC_AUDIENCE = ""
    assert_error(client_of(issuer.token()).get(ROLES), 401, "UNAUTHORISED")
    settings.JIM_OIDC_AUTHORITY = ""
    assert_error(client_of(issuer.token()).get(ROLES), 401, "UNAUTHORISED")
    assert issuer.asked == []


def test_provider_that_is_away_is_service_unavailable(issuer: Issuer) -> None:
    issuer.away = True
    assert_error(client_of(issuer.token()).get(ROLES), 503, "SERVICE_UNAVAILABLE")


def test_api_key_counts_where_both_are_sent(issuer: Issuer) -> None:
    person("Administrator")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issuer.token()}", HTTP_X_API_KEY=create_key())
    assert_error(client.get(ROLES), 403, "FORBIDDEN")


def test_activities_name_the_person(issuer: Issuer) -> None:
    zoe = person("Administrator")
    client_of(issuer.token()).post(f"{V1}/apikeys", {"name": "CI"})
    columns = "initiated_by_type", "initiated_by_id", "initiated_by_name"
    assert Activity.objects.values_list(*columns).get() == ("User", zoe.pk, "Zoë O'Brien")

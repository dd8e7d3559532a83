from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from activities.recorder import SYSTEM
from jim.accounts.models import ApiKey, Role, RoleMember
from synchronisation.models import MetaverseObject
from synchronisation.services.errors import RefusedError
from synchronisation.services.role_members import remove_member
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import V1, call, metaverse_type_id
from tests.integration.synchronisation.api.objects import create_mvo

pytestmark = pytest.mark.django_db
ROLES = f"{V1}/security/roles"
NOBODY = UUID(int=1)


def path_of(role: str, mvo: MetaverseObject | UUID | None = None) -> str:
    members = f"{ROLES}/{Role.objects.get(name=role).pk}/members"
    return members if mvo is None else f"{members}/{getattr(mvo, 'pk', mvo)}"


class TestListRoles(EndpointTests):
    path = ROLES


class TestRetrieveRole(EndpointTests):
    path, missing = f"{ROLES}/1", (f"{ROLES}/99", f"{ROLES}/x")


class TestListMembers(EndpointTests):
    path, missing = f"{ROLES}/1/members", (f"{ROLES}/99/members",)


class TestAddMember(EndpointTests):
    method, path, missing = (
        "put",
        f"{ROLES}/1/members/{NOBODY}",
        (f"{ROLES}/99/members/{NOBODY}", f"{ROLES}/1/members/5"),
    )


class TestRemoveMember(EndpointTests):
    method, path, missing = "delete", f"{ROLES}/1/members/{NOBODY}", (f"{ROLES}/99/members/{NOBODY}",)


class TestRolesOfObject(EndpointTests):
    path, missing = f"{V1}/metaverse/objects/{NOBODY}/roles", (f"{V1}/metaverse/objects/{NOBODY}/roles",)


def test_roles_are_the_built_in_ones_with_their_members(administrator: APIClient) -> None:
    RoleMember.objects.create(role=Role.objects.get(name="User"), metaverse_object_id=create_mvo().pk)
    roles = call(administrator, "get", ROLES)
    assert [(role["name"], role["builtIn"], role["staticMemberCount"]) for role in roles] == [
        ("Administrator", True, 0),
        ("User", True, 1),
    ]
    assert call(administrator, "get", f"{ROLES}/{roles[1]['id']}") == roles[1]


def test_member_whose_object_is_gone_is_not_counted(administrator: APIClient) -> None:
    RoleMember.objects.create(role=Role.objects.get(name="User"), metaverse_object_id=NOBODY)
    assert [role["staticMemberCount"] for role in call(administrator, "get", ROLES)] == [0, 0]
    assert call(administrator, "get", path_of("User")) == []


def test_member_is_added_shown_and_removed(administrator: APIClient) -> None:
    zoe = create_mvo(display_name="Zoë")
    assert call(administrator, "put", path_of("User", zoe), status=204) is None
    member = {"id": str(zoe.pk), "displayName": "Zoë", "typeId": metaverse_type_id(), "typeName": "person"}
    assert call(administrator, "get", path_of("User")) == [member]
    assert [role["name"] for role in call(administrator, "get", f"{V1}/metaverse/objects/{zoe.pk}/roles")] == ["User"]
    assert call(administrator, "delete", path_of("User", zoe), status=204) is None
    assert call(administrator, "get", path_of("User")) == []
    assert call(administrator, "get", f"{V1}/metaverse/objects/{zoe.pk}/roles") == []


def test_every_change_leaves_an_activity_of_the_caller(administrator: APIClient) -> None:
    zoe = create_mvo(display_name="Zoë")
    administrator.put(path_of("User", zoe))
    administrator.delete(path_of("User", zoe))
    columns = "target_type", "target_name", "target_context", "message", "metaverse_object_id", "initiated_by_id"
    assert list(Activity.objects.order_by("pk").values_list(*columns)) == [
        ("MetaverseObject", "Zoë", "User", message, zoe.pk, ApiKey.objects.get().pk)
        for message in ("Role added: User.", "Role removed: User.")
    ]


def test_member_twice_is_a_conflict(administrator: APIClient) -> None:
    zoe = create_mvo()
    administrator.put(path_of("User", zoe))
    assert_error(administrator.put(path_of("User", zoe)), 409, "CONFLICT")
    assert RoleMember.objects.count() == 1


def test_unknown_object_is_refused(administrator: APIClient) -> None:
    refused = {"metaverseObjectId": [f"There is no metaverse object {NOBODY}."]}
    assert_error(administrator.put(path_of("User", NOBODY)), 400, "VALIDATION_ERROR", refused)


def test_who_is_no_member_cannot_be_removed(administrator: APIClient) -> None:
    response = administrator.delete(path_of("User", create_mvo()))
    assert_error(response, 400, "VALIDATION_ERROR", {"metaverseObjectId": ...})


def test_last_administrator_stays(administrator: APIClient) -> None:
    last, gone = create_mvo(), NOBODY
    administrator.put(path_of("Administrator", last))
    RoleMember.objects.create(role=Role.objects.get(name="Administrator"), metaverse_object_id=gone)
    response = administrator.delete(path_of("Administrator", last))
    assert_error(response, 400, "VALIDATION_ERROR", {"metaverseObjectId": ...})
    administrator.put(path_of("Administrator", create_mvo()))
    assert administrator.delete(path_of("Administrator", last)).status_code == 204


def test_nobody_takes_the_role_from_themselves() -> None:
    role = Role.objects.get(name="Administrator")
    members = [create_mvo().pk, create_mvo().pk]
    RoleMember.objects.bulk_create(RoleMember(role=role, metaverse_object_id=pk) for pk in members)
    with pytest.raises(RefusedError, match="from themselves"):
        remove_member(role, members[0], caller_mvo_id=members[0], initiator=SYSTEM)
    assert RoleMember.objects.count() == 2


def test_lists_cost_the_same_for_any_number_of_members(administrator: APIClient) -> None:
    def add() -> None:
        RoleMember.objects.create(role=Role.objects.get(name="User"), metaverse_object_id=create_mvo().pk)

    add()
    costs = [query_count(administrator, path) for path in (ROLES, path_of("User"))]
    for _ in range(5):
        add()
    assert [query_count(administrator, path) for path in (ROLES, path_of("User"))] == costs == [1, 2]

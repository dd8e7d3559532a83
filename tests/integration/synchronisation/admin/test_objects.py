"""Admin pages of metaverse objects, connector space objects and pending exports: read-only, by key, by name."""

import pytest
from django.test import Client

from synchronisation.models import (
    Attribute,
    CsoReference,
    MetaverseAttribute,
    MetaverseReference,
    PendingExportReference,
)
from synchronisation.rules.values import hash_name, hash_text
from tests.admin import content, link_to, page, queries_of
from tests.integration.synchronisation.admin.objects import People, people, queue_change

pytestmark = pytest.mark.django_db

MVOS = "/admin/synchronisation/metaverseobject/"
CSOS = "/admin/synchronisation/connectorspaceobject/"
EXPORTS = "/admin/synchronisation/pendingexport/"


@pytest.fixture
def hr() -> People:
    return people()


def shown(client: Client, path: str, *names: str) -> list[str]:
    """Those of the names that the page contains."""
    text = content(client, path)
    return [name for name in names if name in text]


def test_metaverse_object_shows_values_by_name_their_holder_and_its_joins(admin_client: Client, hr: People) -> None:
    mvo, cso = hr.add(1, "Zoë Ångström")
    text = content(admin_client, f"{MVOS}{mvo.pk}/change/")
    assert "Display Name Zoë Ångström HR" in text
    assert "HR Zoë Ångström person Projected" in text
    assert link_to(page(admin_client, f"{MVOS}{mvo.pk}/change/"), "Zoë Ångström") == f"{CSOS}{cso.pk}/change/"


def test_metaverse_references_link_to_their_targets(admin_client: Client, hr: People) -> None:
    (boss, _), (mvo, _) = hr.add(1, "Boss"), hr.add(2, "Report")
    manager = MetaverseAttribute.objects.get(name="Manager")
    MetaverseReference.objects.create(mvo_id=mvo.pk, attribute_id=manager.pk, target_id=boss.pk, system_id=hr.hr.pk)
    source = page(admin_client, f"{MVOS}{mvo.pk}/change/")
    assert link_to(source, "Boss") == f"{MVOS}{boss.pk}/change/"
    assert "Manager Boss HR" in content(admin_client, f"{MVOS}{mvo.pk}/change/")


def test_connector_space_object_shows_values_by_name_and_its_join(admin_client: Client, hr: People) -> None:
    mvo, cso = hr.add(1, "Zoë", **{str(hr.phones.pk): ["+44 1", "+44 2"]})
    queue_change(cso, mvo)
    text = content(admin_client, f"{CSOS}{cso.pk}/change/")
    for part in ("employeeId E1", "phones +44 1 +44 2", "Pending export", "Update Pending"):
        assert part in text
    assert link_to(page(admin_client, f"{CSOS}{cso.pk}/change/"), "Zoë") == f"{MVOS}{mvo.pk}/change/"


def test_references_show_what_they_name_or_that_nothing_is_named(admin_client: Client, hr: People) -> None:
    target, cso = hr.add_unjoined(1, "Boss"), hr.add_unjoined(2, "Report")
    for text, target_id in (("E1", target.pk), ("E999", None)):
        CsoReference.objects.create(
            cso_id=cso.pk, system_id=hr.hr.pk, attribute_id=hr.phones.pk, text=text, text_hash=hash_text(text),
            name_hash=hash_name(text), target_id=target_id,
        )  # fmt: skip
    source = page(admin_client, f"{CSOS}{cso.pk}/change/")
    assert link_to(source, "E1") == f"{CSOS}{target.pk}/change/"
    assert "E999 (unresolved)" in source


def test_group_of_many_members_shows_some_and_says_that_there_are_more(admin_client: Client, hr: People) -> None:
    values = [f"member{number}" for number in range(500)]
    cso = hr.add_unjoined(1, "Everybody", **{str(hr.phones.pk): values})
    text = content(admin_client, f"{CSOS}{cso.pk}/change/")
    assert ("member19 … and more" in text, "member20" in text) == (True, False)


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("Ann", ["Anna Smith", "Annika Ek"]),
        ("anna", ["Anna Smith"]),
        ("Anna%", []),
        ("Smith", []),
        ("o'", ["O'Neill"]),
    ],
)
def test_metaverse_search_is_by_the_beginning_of_the_name(
    admin_client: Client, hr: People, term: str, found: list[str]
) -> None:
    names = ("Anna Smith", "Annika Ek", "O'Neill")
    for number, name in enumerate(names):
        hr.add(number, name)
    response = admin_client.get(MVOS, {"q": term})
    assert [str(row) for row in response.context["cl"].result_list] == found


def test_search_pages_by_name(admin_client: Client, hr: People) -> None:
    for number in range(60):
        hr.add(number, f"Person {number:02}")
    following = link_to(page(admin_client, MVOS + "?q=Person"), "Next")
    assert shown(admin_client, MVOS + str(following), "Person 49", "Person 50", "Person 59") == [
        "Person 50",
        "Person 59",
    ]


def test_connector_space_search_is_by_the_whole_external_id(admin_client: Client, hr: People) -> None:
    cso, _ = hr.add_unjoined(1, "First"), hr.add_unjoined(10, "Tenth")
    assert shown(admin_client, CSOS + "?q=E1", "First", "Tenth") == ["First"]
    assert shown(admin_client, CSOS + "?q=E", "First", "Tenth") == []
    assert shown(admin_client, f"{CSOS}?q={cso.pk}", "First", "Tenth") == ["First"]


@pytest.mark.parametrize("path", [MVOS, CSOS, EXPORTS])
def test_ids_are_found_and_any_other_text_is_no_error(admin_client: Client, hr: People, path: str) -> None:
    mvo, cso = hr.add(1, "Zoë")
    change = queue_change(cso, mvo)
    ids = {MVOS: mvo.pk, CSOS: cso.pk, EXPORTS: change.pk}
    assert "Zoë" in content(admin_client, f"{path}?q={ids[path]}")
    assert "Zoë" not in content(admin_client, f"{path}?q=%F0%9F%92%A5' OR 1=1 --")


def test_system_filter_pages_by_last_change(admin_client: Client, hr: People) -> None:
    for number in range(60):
        hr.add_unjoined(number, f"Person {number:02}")
    filtered = f"{CSOS}?system__id__exact={hr.hr.pk}"
    following = link_to(page(admin_client, filtered), "Next")
    assert shown(admin_client, filtered, "Person 59", "Person 10", "Person 09") == ["Person 59", "Person 10"]
    assert shown(admin_client, CSOS + str(following), "Person 10", "Person 09", "Person 00") == [
        "Person 09",
        "Person 00",
    ]


def test_pending_export_shows_its_changes_by_name(admin_client: Client, hr: People) -> None:
    mvo, cso = hr.add(1, "Zoë")
    change = queue_change(
        cso, mvo, pending={str(hr.employee_id.pk): None}, sent={str(hr.phones.pk): {"add": ["+44 1", "+44 2"]}}
    )
    text = content(admin_client, f"{EXPORTS}{change.pk}/change/")
    for part in ("employeeId set (nothing)", "phones add +44 1 +44 2", "Target Zoë"):
        assert part in text
    assert "References" not in text


def test_pending_export_shows_its_references_with_links(admin_client: Client, hr: People) -> None:
    (_, boss), (mvo, cso) = hr.add(1, "Boss"), hr.add(2, "Report")
    manager = Attribute.objects.create(object_type=cso.object_type, name="manager", type="Reference", selected=True)
    change = queue_change(cso, mvo)
    PendingExportReference.objects.create(
        cso_id=cso.pk, system_id=cso.system_id, attribute_id=manager.pk, target_id=boss.pk, is_removal=False
    )
    path = f"{EXPORTS}{change.pk}/change/"
    assert "manager add Boss Pending" in content(admin_client, path)
    assert link_to(page(admin_client, path), "Boss") == f"{CSOS}{boss.pk}/change/"


def test_queued_secrets_are_not_shown(admin_client: Client, hr: People) -> None:
    mvo, cso = hr.add(1, "Zoë")
    hr.fill_with_expression(hr.phones, "RandomPassword(12)")
    password = Attribute.objects.create(object_type=cso.object_type, name="password", type="Text", selected=False)
    change = queue_change(cso, mvo, pending={str(hr.phones.pk): {"add": ["tiger"]}}, sent={str(password.pk): "lion"})
    text = content(admin_client, f"{EXPORTS}{change.pk}/change/")
    assert "phones add (secret)" in text
    assert "password set (secret)" in text
    assert "tiger" not in text
    assert "lion" not in text


@pytest.mark.parametrize("path", [MVOS, CSOS, EXPORTS])
def test_lists_cost_the_same_queries_for_any_number_of_rows_and_read_one_page(
    admin_client: Client, hr: People, path: str
) -> None:
    queue_change(*reversed(hr.add(0, "Person 0")))
    few = queries_of(admin_client, path)
    for number in range(1, 60):
        queue_change(*reversed(hr.add(number, f"Person {number}")))
    many = queries_of(admin_client, path)
    assert len(many) == len(few)
    assert not [query for query in many if "OFFSET" in query]
    assert all("LIMIT" in query for query in many if 'FROM "mvo"' in query or 'FROM "cso"' in query)


@pytest.mark.parametrize("path", [MVOS, CSOS, EXPORTS])
def test_objects_can_be_neither_added_changed_nor_deleted(admin_client: Client, hr: People, path: str) -> None:
    mvo, cso = hr.add(1, "Zoë")
    ids = {MVOS: mvo.pk, CSOS: cso.pk, EXPORTS: queue_change(cso, mvo).pk}
    paths = (f"{path}add/", f"{path}{ids[path]}/change/", f"{path}{ids[path]}/delete/")
    assert [admin_client.post(one, {"post": "yes"}).status_code for one in paths] == [403, 403, 403]


def test_object_that_is_gone_is_said_to_be(admin_client: Client) -> None:
    response = admin_client.get(f"{CSOS}{'0' * 8}-0000-7000-8000-{'0' * 12}/change/", follow=True)
    assert "exist" in str(*response.context["messages"])

"""Admin pages of activities: the list, one activity, and the pages of its items."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from activities.models import Activity, ActivityStatus, ExecutionItemDetail, RunType
from synchronisation.models import Attribute
from tests.activities import create_activity, create_items, create_many_items, create_run
from tests.admin import content, link_to, page, queries_of, staff_client
from tests.integration.synchronisation.systems import file_system

pytestmark = pytest.mark.django_db

LIST = "/admin/activities/activity/"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def path_of(activity: Activity, *parts: object) -> str:
    return "/".join((LIST.rstrip("/"), str(activity.pk), *map(str, parts), ""))


def ended_run(**fields: object) -> Activity:
    return create_run(**{"status": ActivityStatus.COMPLETE, "created": NOON, "executed": NOON, "ended": NOON} | fields)


def shown_targets(client: Client, query: str = "") -> list[str]:
    """Target names in the list, from the top; the run type is the same on each."""
    return [name for name in content(client, LIST + query).split() if name.startswith("job-")]


def test_list_shows_newest_first(admin_client: Client) -> None:
    for age in (2, 0, 1):
        create_activity(created=NOON - timedelta(hours=age), target_name=f"job-{age}")
    assert shown_targets(admin_client) == ["job-0", "job-1", "job-2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?status__exact=FailedWithError", ["job-failed"]),
        ("?run_type__exact=Export", ["job-export"]),
        ("?created__gte=2026-03-01T00:00Z&created__lt=2026-03-03T00:00Z", ["job-old"]),
        ("?q=job-ex", ["job-export"]),
        ("?system=77", ["job-failed", "job-export", "job-old"]),
    ],
)
def test_list_is_filtered(admin_client: Client, query: str, expected: list[str]) -> None:
    create_run(target_name="job-old", created=NOON)
    create_run(target_name="job-export", run_type=RunType.EXPORT, created=timezone.now() - timedelta(hours=1))
    create_run(target_name="job-failed", status=ActivityStatus.FAILED_WITH_ERROR)
    assert shown_targets(admin_client, query) == expected


def test_list_is_filtered_by_connected_system(admin_client: Client) -> None:
    system = file_system()
    create_run(target_name="job-mine", connected_system_id=system.pk)
    create_run(target_name="job-other", connected_system_id=system.pk + 1)
    assert shown_targets(admin_client, f"?system={system.pk}") == ["job-mine"]


def test_filter_links_begin_at_the_first_page(admin_client: Client) -> None:
    for age in range(60):
        create_activity(created=NOON - timedelta(hours=age))
    following = link_to(page(admin_client, LIST), "Next")
    assert following is not None
    assert following.startswith("?after=")
    assert "after" not in (link_to(page(admin_client, LIST + following), "In Progress") or "after")


def test_cursor_that_cannot_be_read_leads_back_to_the_list(admin_client: Client) -> None:
    response = admin_client.get(LIST + "?after=nonsense")
    assert (response.status_code, response.headers["Location"]) == (302, LIST + "?e=1")


def test_list_costs_the_same_queries_for_any_number_of_rows_and_reads_one_page(admin_client: Client) -> None:
    create_run()
    few = queries_of(admin_client, LIST)
    for _ in range(60):
        create_run()
    many = queries_of(admin_client, LIST)
    assert len(many) == len(few)
    assert all("LIMIT" in query for query in many if 'FROM "activity"' in query)


def test_running_activity_shows_its_progress_and_asks_for_more(admin_client: Client) -> None:
    progress = {"phase": "apply", "phase_index": 1, "phase_count": 3, "objects_processed": 250}
    run = create_run(executed=timezone.now(), progress=progress | {"objects_to_process": 1_000})
    source = page(admin_client, path_of(run, "change"))
    assert "Phase 2 of 3: apply" in source
    assert "250 of 1,000 objects" in source
    assert 'hx-trigger="every 2s"' in source


def test_page_that_still_asks_when_the_run_has_ended_is_told_to_load_again(admin_client: Client) -> None:
    path = path_of(ended_run(), "change")
    answer = admin_client.get(path, headers={"HX-Request": "true"})
    assert (answer.headers["HX-Refresh"], answer.content) == ("true", b"")
    assert "HX-Refresh" not in admin_client.get(path).headers


def test_run_that_waits_says_so(admin_client: Client) -> None:
    assert "Waiting for a worker" in content(admin_client, path_of(create_run(), "change"))


def test_ended_activity_shows_how_it_ended_and_asks_for_nothing(admin_client: Client) -> None:
    run = ended_run(
        status=ActivityStatus.COMPLETE_WITH_ERROR,
        error_message="Row 17 is short.",
        warning_message="3 % are missing.",
        ended=NOON + timedelta(seconds=83),
        progress={"counters": {"objectErrors": 12, "CsoAdded": 4_000}},
    )
    source = page(admin_client, path_of(run, "change"))
    text = content(admin_client, path_of(run, "change"))
    assert "every 2s" not in source
    for part in ("Row 17 is short.", "3 % are missing.", "1 min 23 s", "CSO adds 4,000", "Object errors 12"):
        assert part in text


def test_page_of_items_is_a_range_of_ordinals(admin_client: Client) -> None:
    run = ended_run()
    create_many_items(run, 250)
    queries = [
        query for query in queries_of(admin_client, path_of(run, "items") + "?page=3") if "execution_item" in query
    ]
    text = content(admin_client, path_of(run, "items") + "?page=3")

    assert [name in text for name in ("User 199 ", "User 200 ", "User 249 ", "Page 3 of 3, 250 items")] == [
        False, True, True, True,
    ]  # fmt: skip
    assert len(queries) == 1
    assert "COUNT(" not in queries[0]
    assert "OFFSET" not in queries[0]


@pytest.mark.parametrize("asked", ["0", "-1", "x", "4", "9" * 5_000, "²"])
def test_page_that_is_not_there_shows_the_nearest(admin_client: Client, asked: str) -> None:
    run = ended_run()
    create_many_items(run, 250)
    expected = "Page 3 of 3" if asked == "4" else "Page 1 of 3"
    assert expected in content(admin_client, path_of(run, "items") + f"?page={asked}")


def test_item_shows_its_outcomes_and_attribute_changes_by_name(admin_client: Client) -> None:
    object_type = file_system().object_types.get()
    name = Attribute.objects.create(object_type=object_type, name="surname", type="Text")
    run = ended_run()
    create_items(run, {"display_name": "Zoë", "error_type": "AmbiguousMatch", "error_message": "Two match."})
    item = run.items.get()
    ExecutionItemDetail.objects.create(
        month=item.month,
        activity=run,
        ordinal=0,
        outcomes=[{"type": "Projected", "count": 1, "children": [{"type": "AttributeFlow", "count": 9}]}],
        scope="cs",
        old_values={str(name.pk): "Miller"},
        new_values={str(name.pk): ["A", "B"]},
    )
    text = content(admin_client, path_of(run, "items", 0))
    for part in ("Zoë", "Ambiguous Match", "Two match.", "Projected 1", "AttributeFlow 9", "surname Miller A, B"):
        assert part in text


def test_item_links_to_its_objects(admin_client: Client) -> None:
    run = ended_run()
    create_items(run, {"cso_id": run.pk, "mvo_id": run.pk})
    source = page(admin_client, path_of(run, "items"))
    assert link_to(source, "CSO") == f"/admin/synchronisation/connectorspaceobject/{run.pk}/change/"
    assert link_to(source, "MVO") == f"/admin/synchronisation/metaverseobject/{run.pk}/change/"


def test_what_a_source_sends_is_text_and_never_markup(admin_client: Client) -> None:
    run = ended_run()
    create_items(run, {"display_name": "<script>alert(1)</script>"})
    for path in (path_of(run, "change"), path_of(run, "items"), path_of(run, "items", 0)):
        assert "<script>alert(1)" not in page(admin_client, path)


def test_unknown_activities_and_items_are_not_found(admin_client: Client) -> None:
    run = ended_run()
    unknown = "01990000-0000-7000-8000-000000000000"
    paths = (path_of(run, "items", 0), f"{LIST}{unknown}/items/", f"{LIST}{unknown}/items/0/")
    assert [admin_client.get(path).status_code for path in paths] == [404, 404, 404]


def test_activities_can_be_neither_changed_nor_deleted(admin_client: Client) -> None:
    run = ended_run()
    answers = [
        admin_client.post(path_of(run, "change"), {}),
        admin_client.post(path_of(run, "delete"), {"post": "yes"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert admin_client.get(LIST + "add/").status_code == 403


def test_items_need_the_permission_to_see_activities() -> None:
    run = ended_run()
    client = staff_client("view_runprofile")
    assert client.get(path_of(run, "items")).status_code == 403

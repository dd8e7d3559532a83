"""A history leaves the same state, whatever the runs by which it comes to be seen (engine.md sections 3 to 7)."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql

from activities.models import Activity, ActivityProgress
from synchronisation.engine import references, resolve
from synchronisation.engine.pages import PAGE_SIZE, Run
from synchronisation.models import ConnectorDefinition, ConnectorSetting
from tests.acceptance.histories import History, Life, Schedule, assert_same, drawn_history, drawn_schedule
from tests.acceptance.installation import memory_connector
from tests.acceptance.state import State
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

SECONDS = float(os.environ.get("JIM_PROPERTY_SECONDS", "6"))
"""What each search for a counterexample may take. Set it to search longer, with other examples each time."""

SEARCH = hypothesis_settings(
    max_examples=max(5, int(SECONDS)),
    deadline=None,
    derandomize="JIM_PROPERTY_SECONDS" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Budget:
    """Seconds in which examples are tried; once one has failed, as long as it takes to find the smallest."""

    def __init__(self) -> None:
        self.end = time.monotonic() + SECONDS

    @property
    def is_spent(self) -> bool:
        return time.monotonic() > self.end

    @contextmanager
    def lasting(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.end = float("inf")
            raise


@pytest.fixture
def budget() -> Budget:
    return Budget()


@pytest.fixture(autouse=True)
def no_messages(memory_connector: None) -> Iterator[None]:
    yield
    empty_queue()


def empty() -> None:
    """No rows of runs and their configuration are left. `flush` does it too, and takes as long as some runs."""
    kept = (ConnectorDefinition, ConnectorSetting)
    models = [*apps.get_app_config("synchronisation").get_models(include_auto_created=True), ActivityProgress, Activity]
    with transaction.atomic(), connection.cursor() as cursor:
        for model in models:
            if model not in kept:
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(model._meta.db_table)))


def live(history: History, schedule: Schedule) -> Life:
    """The history in an empty installation."""
    empty()
    life = Life(history, schedule)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "page_size", schedule.page_size)
        if schedule.page_size < PAGE_SIZE:
            patch.setattr(resolve, "NAMES_PER_PAGE", schedule.page_size)
            patch.setattr(references, "ROWS_PER_OBJECT", 1)
        life.live()
    return life


@SEARCH
@given(random=st.randoms(use_true_random=True))
def test_history_ends_the_same_however_runs_come_to_see_it(budget: Budget, random: Random) -> None:
    if budget.is_spent:
        return
    with budget.lasting():
        history, schedule = drawn_history(random), drawn_schedule(random)
        usual = live(history, Schedule()).state()
        life = live(history, schedule)
        assert_same(life.state(), usual, f"{schedule}, {history}")
        life.assert_all_is_said()


@SEARCH
@given(random=st.randoms(use_true_random=True))
def test_pages_and_the_order_of_objects_decide_nothing_even_where_people_are_mixed_up(
    budget: Budget, random: Random
) -> None:
    if budget.is_spent:
        return
    with budget.lasting():
        history = drawn_history(random, mixed_up=True)
        schedule = replace(drawn_schedule(random), splits=1, failing=False)
        usual = live(history, replace(schedule, page_size=PAGE_SIZE, seed=0, twice=False))
        life = live(history, schedule)
        assert_same(all_of(life), all_of(usual), f"{schedule}, {history}")


def all_of(life: Life) -> State:
    return {"told": life.told, **life.state()}

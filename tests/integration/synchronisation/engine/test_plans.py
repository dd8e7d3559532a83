"""Plans: on tables of 500,000 rows the hot statements use the indexes they name, and scan no large table.

The planner is asked, with the settings of a page and statistics as after a bulk run; nothing is executed.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet, Value
from psycopg import ClientCursor
from psycopg import sql as psql
from pytest_django import DjangoDbBlocker

from synchronisation.engine.apply import ANALYZE_PAGE
from synchronisation.engine.pages import PAGE_SETTINGS, PAGE_SIZE
from synchronisation.engine.statements import sql
from synchronisation.models import NAME_KEY, MetaverseObject, name_begins_with
from tests.integration.synchronisation.engine.temporary import copied_tables

pytestmark = pytest.mark.django_db

ROWS = 500_000
SCHEMA = "run_plans"
HR, DIRECTORY = 1, 2
PERSON, ACCOUNT = 1, 2
GROUP_MEMBERS = 10

FILL = """
SET maintenance_work_mem = '256MB';
CREATE FUNCTION pg_temp.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN ('0000000' || kind || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

-- Every second object is a person of HR, the next the account of that person in the directory.
CREATE TEMPORARY TABLE object AS
SELECT
    n, n::text AS text, 1 + n %% 2 AS kind, md5(n::text)::uuid AS hash,
    pg_temp.id('1', n) AS mvo, pg_temp.id('1', n / 2 + 1) AS person, pg_temp.id('2', n) AS cso,
    pg_temp.id('3', n) AS export
FROM generate_series(1, %(rows)s) AS n;

INSERT INTO mvo (id, type_id, created, status, origin, display_name, document, holders)
SELECT mvo, 1, now(), 'Normal', 'Projected', text, '{"1": "a", "2": "Person"}', '{}'
FROM object;

INSERT INTO cso (
    id, system_id, object_type_id, created, status, external_id, external_id_hash, secondary_external_id_hash,
    document, fingerprint, deprovisioned, change_number
)
SELECT cso, kind, kind, now(), 'Normal', text, hash, mvo, '{"1": "a", "2": "Person"}', hash, false, n
FROM object;

INSERT INTO cso_join (cso_id, mvo_id, system_id, type, created)
SELECT cso, person, kind, 'Joined', now()
FROM object;

INSERT INTO mvo_match_key (rule_id, key, mvo_id)
SELECT 1, hash, mvo
FROM object;

INSERT INTO cso_match_key (rule_id, key, cso_id)
SELECT 1, hash, cso
FROM object;

INSERT INTO pending_export (
    id, cso_id, system_id, mvo_id, change_type, status, created, pending, error_count, max_retries,
    has_unresolved_references
)
SELECT export, cso, kind, person, 'Create', 'Pending', now(), '{"1": "a"}', 0, 5, false
FROM object;

INSERT INTO cso_reference (cso_id, system_id, attribute_id, text, text_hash, name_hash, target_id)
SELECT pg_temp.id('2', n / 10 + 1), 1, 3, text, hash, hash, CASE WHEN n %% 100 > 0 THEN cso END
FROM object;

INSERT INTO mvo_reference (mvo_id, attribute_id, target_id, system_id, rule_id)
SELECT pg_temp.id('1', n / 10 + 1), 3, mvo, 1, 1
FROM object;

INSERT INTO pending_export_reference (cso_id, attribute_id, target_id, is_removal, system_id, status)
SELECT pg_temp.id('2', n / 10 + 1), 3, mvo, false, 2, 'Pending'
FROM object;

INSERT INTO work (phase, ordinal, object_id)
SELECT phase, n, CASE phase WHEN 'active' THEN cso ELSE export END
FROM object, unnest(ARRAY['active', 'export']) AS phase;

INSERT INTO staged (
    row_number, source_row, cso_id, is_new, is_delete, object_type_id, external_id, external_id_hash, document,
    fingerprint
)
SELECT n, n, cso, false, false, kind, text, hash, '{}', hash
FROM object;
"""
TABLES = (
    "mvo", "cso", "cso_join", "mvo_match_key", "cso_match_key", "pending_export", "cso_reference", "mvo_reference",
    "pending_export_reference",
)  # fmt: skip
RUN_TABLES = ("work", "staged")
LARGE = frozenset(TABLES + RUN_TABLES)


@pytest.fixture(scope="module")
def page(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[psycopg.Connection[Any]]:
    """A page's transaction, with its settings and temporary tables, on large copies of the tables."""
    with django_db_blocker.unblock():
        parameters = connection.get_connection_params()
    names = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
    with psycopg.connect(**names, autocommit=True, cursor_factory=ClientCursor) as database:
        database.execute(f"CREATE SCHEMA {SCHEMA}; SET search_path = {SCHEMA}, public".encode())
        try:
            _make_large_tables(database)
            with database.transaction(force_rollback=True):
                _begin_page(database)
                yield database
        finally:
            database.execute(f"DROP SCHEMA {SCHEMA} CASCADE".encode())


def _make_large_tables(database: psycopg.Connection[Any]) -> None:
    """Filled before they are indexed, and unlogged: a third of the time. Indexes keep their names."""
    for schema, tables in (("public", TABLES), ("run_template", RUN_TABLES)):
        for table in tables:
            database.execute(
                f"CREATE UNLOGGED TABLE {table} (LIKE {schema}.{table} INCLUDING DEFAULTS INCLUDING IDENTITY)".encode()
            )
    database.execute(sql("make_run_tables"))
    database.execute(FILL, {"rows": ROWS})
    indexes = "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'run_template') AND tablename = ANY (%s)"
    for (definition,) in database.execute(indexes, [sorted(LARGE)]).fetchall():
        database.execute(re.sub(r" ON \w+\.", f" ON {SCHEMA}.", definition).encode())
    for table in LARGE:
        database.execute(f"ANALYZE {table}".encode())


def _begin_page(database: psycopg.Connection[Any]) -> None:
    database.execute(PAGE_SETTINGS.format(schema=psql.Identifier(SCHEMA)))
    for name, columns in copied_tables().items():
        _fill(database, name, columns)
    database.execute(sql("make_import_page"), PARAMETERS["make_import_page"])
    database.execute(ANALYZE_PAGE)
    database.execute(sql("make_resolution"))


def identifier(kind: int, n: int) -> str:
    return f"{kind:08}-0000-7000-8000-{n:012x}"


PAGE = [n * 7919 % ROWS for n in range(1, ROWS, ROWS // PAGE_SIZE)]
"""Numbers of objects from all over a table."""

MVOS, CSOS, EXPORTS = ([identifier(kind, n) for n in PAGE] for kind in (1, 2, 3))
HASHES = [UUID(int=n * 2**100).hex for n in range(1, PAGE_SIZE + 1)]
NOW = "2026-01-01T00:00:00Z"
HALF = ROWS // 2
TEXTS = {"system": HR, "after": UUID(int=0), "last": UUID(int=2**121), "limit": 10_000}
LISTED = {"after": HALF, "last": HALF + PAGE_SIZE, "partition": None}
ONE_ITEM = {**LISTED, "activity": UUID(int=0), "month": "2026-01-01", "first": 0}

PARAMETERS: dict[str, dict[str, Any]] = {
    # name of a statement, and where it is used in two ways, which of them
    # import
    "compare_page": {
        "row_numbers": PAGE,
        "types": [PERSON] * PAGE_SIZE,
        "hashes": HASHES,
        "fingerprints": HASHES,
        "reference_fingerprints": [None] * PAGE_SIZE,
    },
    "staged_bounds": {"after": HALF, "until": ROWS, "limit": PAGE_SIZE},
    "make_import_page": {**LISTED, "partition": None},
    "confirm_import_page": {"outcomes": "[{}]"},
    "exports_of_import_page": {},
    "write_import_items": ONE_ITEM,
    "write_import_details": ONE_ITEM,
    "insert_new": {**LISTED, "system": HR},
    "update_changed": LISTED,
    "obsolete_deleted": {},
    "note_renamed": LISTED,
    "note_gone": {"ids": CSOS},
    "remove_references": {**LISTED, "system": HR},
    "insert_references": {**LISTED, "system": HR},
    "note_items": {"first": 0},
    "obsolete_objects": {"ids": CSOS, "now": NOW},
    "exports_of_unchanged": {"ids": CSOS},
    "unresolved_bounds": TEXTS,
    "note_unresolved": {**TEXTS, "by_name": False},
    "answer_by_external_id": TEXTS,
    "answer_by_secondary_external_id": TEXTS,
    "resolve_unresolved": TEXTS,
    "references_of": {"ids": CSOS},
    "work_page": {"phase": "active", "after": HALF, "limit": PAGE_SIZE},
    # synchronisation
    "highest_change_number": {"system": HR, "mark": 0},
    "queue_changed": {"system": HR, "mark": ROWS - PAGE_SIZE, "upper": ROWS},
    "mvo_page": {"after": identifier(1, HALF), "type": 1, "limit": PAGE_SIZE},
    "load_csos": {"ids": CSOS},
    "load_match_keys": {"rules": [1] * PAGE_SIZE, "keys": HASHES, "limit": 2},
    "answering_mvos": {"rule": 1, "key": HASHES[0]},
    "load_mvos": {"ids": MVOS},
    "load_accounts": {"ids": MVOS, "systems": [HR, DIRECTORY]},
    "taken_external_ids": {"types": [ACCOUNT] * PAGE_SIZE, "hashes": HASHES},
    "free_mvos": {"ids": CSOS},
    "load_unjoined_obsolete": {"ids": CSOS},
    "unresolve_references": {"ids": CSOS},
    "remove_own_references": {"ids": CSOS},
    "remove_placeholder_exports": {"ids": CSOS},
    "remove_joins": {"ids": CSOS},
    "remove_csos": {"ids": CSOS},
    "mark_deprovisioned": {"ids": CSOS},
    "remove_mvo_keys": {"ids": MVOS},
    "remove_mvo_joins": {"ids": MVOS},
    "remove_mvos": {"ids": MVOS},
    "update_mvos": {"now": NOW},
    "mark_for_deletion": {"ids": MVOS, "eligible": [NOW] * len(MVOS), "now": NOW, "systems": [HR] * len(MVOS)},
    "shorten_marks": {"ids": MVOS, "systems": [HR] * len(MVOS)},
    "clear_marks": {"ids": MVOS},
    "make_obsolete": {"ids": MVOS, "now": NOW},
    "remove_finished_mvos": {"ids": MVOS, "now": NOW},
    "note_deleted_csos": {"ids": CSOS, "now": NOW, "activity": UUID(int=0)},
    "note_deleted_mvos": {"ids": MVOS, "now": NOW, "activity": UUID(int=0)},
    "forget_holders": {"ids": CSOS, "system": HR},
    "release_references": {"ids": CSOS, "system": HR},
    "cut_joins": {"ids": CSOS},
    "joined_mvos": {"ids": CSOS},
    "find_left_over": {"ids": CSOS},
    "leave_over": {"csos": CSOS, "systems": [HR] * PAGE_SIZE, "reason": "waits"},
    "known_objects": {"types": [PERSON] * PAGE_SIZE, "hashes": HASHES},
    "adopt_objects": {"ids": CSOS, "partition": 1},
    "load_contributors": {"ids": MVOS},
    "load_unjoined": {"rules": [1] * PAGE_SIZE, "keys": HASHES, "limit": 2},
    "unkeyed_page": {"system": HR, "after": ROWS - PAGE_SIZE, "types": [PERSON], "limit": PAGE_SIZE},
    "leave_over_answering": {"rules": [1] * PAGE_SIZE, "keys": HASHES},
    "renumber_csos": {"ids": CSOS},
    "welcome_back": {"ids": CSOS},
    "remove_cso_keys": {"ids": CSOS},
    "remove_lost_keys": {},
    "update_join_rules": {},
    "update_exports": {},
    # export
    "take_exports": {**LISTED, "now": NOW},
    "freeze_merged": {},
    "record_results": {
        **LISTED,
        **ONE_ITEM,
        "exported": "[{}]",
        "deprovisioned": "[{}]",
        "error_type": "UnhandledError",
    },
    "failed_exports": {},
    "arrived_exports": LISTED,
    "remove_exports": {"ids": EXPORTS},
    "mark_failed": {},
    "store_external_ids": {},
    "store_confirmed": {"now": NOW},
    "settle_exports": {},
}


def _fill(database: psycopg.Connection[Any], name: str, columns: dict[str, str]) -> None:
    """A temporary table with a row for each object of a page."""
    definition = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    values = ", ".join(_value(name, column, kind) for column, kind in columns.items())
    database.execute(f"CREATE TEMPORARY TABLE {name} ({definition}) ON COMMIT DROP".encode())
    database.execute(f"INSERT INTO {name} SELECT {values} FROM unnest(%s::bigint[]) AS n".encode(), [PAGE])
    database.execute(f"ANALYZE {name}".encode())


def _value(table: str, column: str, kind: str) -> str:
    """SQL for what a column holds for object `n`."""
    if kind != "uuid":
        return VALUES[kind]
    number = {"cso_id": 2, "mvo_id": 1, "export_id": 3, "id": 1 if table == "changed_mvo" else 3}.get(column)
    return f"pg_temp.id('{number}', n)" if number else "md5(n::text)::uuid"


VALUES = {
    "bigint": "n",
    "boolean": "false",
    "integer": "1",
    "jsonb": "'{}'",
    "smallint": "0",
    "text": "'x'",
    "timestamptz": "now()",
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


INDEX = re.compile(r"Index:\s*([a-z_, ]+)")


def named_indexes(statement: str) -> set[str]:
    """The indexes of large tables that the header comment names."""
    names = ",".join(INDEX.findall(sql(statement).replace("\n--", ""))).replace(" ", "").split(",")
    return {name for name in names if name.startswith(tuple(LARGE))}


@pytest.mark.parametrize("case", PARAMETERS)
def test_statement_uses_the_indexes_it_names(page: psycopg.Connection[Any], case: str) -> None:
    statement = case.split()[0]
    query = sql(statement).split(";\nCREATE TEMPORARY TABLE")[0].replace("import_page ON", "again ON")
    (found,) = page.execute(f"EXPLAIN (FORMAT JSON) {query}".encode(), PARAMETERS[case]).fetchone() or ()
    plan = list(nodes(found[0]["Plan"]))
    scanned = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
    assert scanned & LARGE == set()
    assert named_indexes(statement) - {node["Index Name"] for node in plan if "Index Name" in node} == set()


@pytest.mark.parametrize("prefix", ["12345", "1"])
def test_name_is_found_by_its_beginning_without_a_scan_or_a_sort(page: psycopg.Connection[Any], prefix: str) -> None:
    named = MetaverseObject.objects.annotate(name_key=NAME_KEY).filter(name_begins_with(prefix))
    plan = _plan_of(page, named.order_by("name_key", "pk")[:25])
    assert [node["Node Type"] for node in plan] == ["Limit", "Index Scan"]
    assert plan[1]["Index Name"].startswith("mvo_by_display_name")
    counted = _plan_of(page, named.order_by().values(one=Value(1)))
    assert "Seq Scan" not in {node["Node Type"] for node in counted}


def test_newest_objects_of_a_type_are_found_by_their_ids(page: psycopg.Connection[Any]) -> None:
    plan = _plan_of(page, MetaverseObject.objects.filter(type=1).order_by("-pk")[:25])
    assert [node["Node Type"] for node in plan] == ["Limit", "Index Scan"]


def _plan_of(page: psycopg.Connection[Any], rows: QuerySet[Any]) -> list[dict[str, Any]]:
    query, parameters = rows.query.sql_with_params()
    (found,) = page.execute(f"EXPLAIN (FORMAT JSON) {query}".encode(), parameters).fetchone() or ()
    return list(nodes(found[0]["Plan"]))

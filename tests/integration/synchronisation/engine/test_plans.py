"""Plans: on tables of 500,000 rows the hot statements use the indexes they name, and scan no large table.

The planner is asked, with the settings of a page and statistics as after a bulk run; nothing is executed.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg import ClientCursor, sql as psql

from synchronisation.engine.pages import PAGE_SETTINGS, PAGE_SIZE
from synchronisation.engine.statements import sql
from tests.integration.synchronisation.engine.temporary import copied_tables

ROWS = 500_000
SCHEMA = "run_plans"
HR, DIRECTORY = 1, 2
PERSON, ACCOUNT = 1, 2
GROUP_MEMBERS = 10

FILL = """
SET synchronous_commit = off;
CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (lpad(kind::text, 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

INSERT INTO mvo (id, type_id, created, status, origin, display_name, document, holders)
SELECT pg_temp.id(1, n), 1, now(), 'Normal', 'Projected', 'Person ' || n,
    jsonb_build_object('1', n::text, '2', 'Person ' || n), '{}'
FROM generate_series(1, %(rows)s) AS n;

-- Every second object is a person of HR, the next the account of that person in the directory.
INSERT INTO cso (
    id, system_id, object_type_id, created, status, external_id, external_id_hash, document, fingerprint, deprovisioned
)
SELECT pg_temp.id(2, n), 1 + n %% 2, 1 + n %% 2, now(), 'Normal', n::text, md5(n::text)::uuid,
    jsonb_build_object('1', n::text, '2', 'Person ' || n), md5('mark' || n)::uuid, false
FROM generate_series(1, %(rows)s) AS n;

INSERT INTO cso_join (cso_id, mvo_id, system_id, type, created)
SELECT pg_temp.id(2, n), pg_temp.id(1, n / 2 + 1), 1 + n %% 2, 'Joined', now()
FROM generate_series(1, %(rows)s) AS n;

INSERT INTO mvo_match_key (rule_id, key, mvo_id)
SELECT 1, md5(n::text)::uuid, pg_temp.id(1, n)
FROM generate_series(1, %(rows)s) AS n;

INSERT INTO pending_export (
    id, cso_id, system_id, mvo_id, change_type, status, created, pending, error_count, max_retries,
    has_unresolved_references
)
SELECT pg_temp.id(3, n), pg_temp.id(2, n), 2, pg_temp.id(1, n / 2 + 1), 'Create', 'Pending', now(),
    '{"1": {"set": "a"}}', 0, 5, false
FROM generate_series(1, %(rows)s, 2) AS n;

INSERT INTO cso_reference (cso_id, system_id, attribute_id, text, text_hash, name_hash, target_id)
SELECT pg_temp.id(2, n / 10 + 1), 1, 3, n::text, md5(n::text)::uuid, md5(n::text)::uuid,
    CASE WHEN n %% 100 > 0 THEN pg_temp.id(2, n) END
FROM generate_series(1, %(rows)s) AS n;

INSERT INTO work (phase, ordinal, object_id)
SELECT 'active', n, pg_temp.id(2, n) FROM generate_series(1, %(rows)s) AS n;
INSERT INTO work (phase, ordinal, object_id)
SELECT 'export', n, pg_temp.id(3, n) FROM generate_series(1, %(rows)s, 2) AS n;

INSERT INTO staged (
    row_number, source_row, cso_id, is_new, is_delete, object_type_id, external_id, external_id_hash, document,
    fingerprint
)
SELECT n, n, pg_temp.id(2, n), false, false, 1 + n %% 2, n::text, md5(n::text)::uuid, '{}', md5('new' || n)::uuid
FROM generate_series(1, %(rows)s) AS n;
"""
TABLES = ("mvo", "cso", "cso_join", "mvo_match_key", "pending_export", "cso_reference", "work", "staged")
LARGE = frozenset(TABLES)


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[psycopg.Connection[Any]]:
    """The test database, filled; emptied again by TRUNCATE, which leaves nothing to vacuum."""
    parameters = connection.get_connection_params() if connection.settings_dict["NAME"] else {}
    names = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)}
    with psycopg.connect(**names, autocommit=True, cursor_factory=ClientCursor) as database:
        database.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        database.execute(f"SET search_path = {SCHEMA}, public".encode())
        database.execute(sql("make_run_tables"))
        try:
            with database.transaction():
                database.execute(FILL, {"rows": ROWS})
            for table in TABLES:
                database.execute(psql.SQL("VACUUM (ANALYZE) {}").format(psql.Identifier(table)))
            yield database
        finally:
            database.execute(f"TRUNCATE {', '.join(TABLES)}; DROP SCHEMA {SCHEMA} CASCADE".encode())


def ids(kind: int) -> list[str]:
    """A page of ids from all over a table, in the order of nothing."""
    numbers = range(1, ROWS, ROWS // PAGE_SIZE)
    return [f"{kind:08}-0000-7000-8000-{n * 7919 % ROWS:012x}" for n in numbers]


MVOS, CSOS, EXPORTS = ids(1), ids(2), ids(3)
HASHES = [UUID(int=n * 2**100).hex for n in range(1, PAGE_SIZE + 1)]
NOW = "2026-01-01T00:00:00Z"

PARAMETERS: dict[str, dict[str, Any]] = {
    "load_csos": {"ids": CSOS},
}

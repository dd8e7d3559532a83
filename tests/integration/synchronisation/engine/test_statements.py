"""The engine's SQL: every statement can be prepared on the migrated schema, is used, and says what it relies on."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from psycopg import Cursor, Error, errors

import synchronisation
from synchronisation.engine import statements as module
from synchronisation.engine.statements import sql, statements
from tests.integration.synchronisation.engine.temporary import (
    PARAMETER,
    create_temporary_tables,
    raw_cursor,
    use_run_tables,
)

pytestmark = pytest.mark.django_db

QUERY = re.compile(r"^(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.MULTILINE)
INDEX = re.compile(r"Index:\s*([a-z_, ]+)")


def parts_of(name: str) -> list[str]:
    """The single statements of one text, without comments."""
    lines = [line for line in sql(name).splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n")]


def numbered(text: str) -> str:
    """`%(name)s` as `$1`, so that the server finds the types."""
    names = list(dict.fromkeys(PARAMETER.findall(text)))
    return PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", text)


def prepare(cursor: Cursor[Any], part: str) -> None:
    if QUERY.match(part):
        cursor.execute(f"PREPARE statement AS {numbered(part)}".encode())
        cursor.execute("DEALLOCATE statement")
    elif "CREATE TEMPORARY TABLE" not in part:  # those were created before
        cursor.execute(part.encode())


def test_every_statement_can_be_prepared() -> None:
    cursor = raw_cursor()
    use_run_tables(cursor)
    create_temporary_tables(cursor)
    failures = {}
    for name in statements():
        try:
            with cursor.connection.transaction():
                for part in parts_of(name):
                    prepare(cursor, part)
        except Error as error:
            failures[name] = str(error)
    assert failures == {}


def test_statement_that_names_an_unknown_column_cannot() -> None:
    with pytest.raises(errors.UndefinedColumn):
        prepare(raw_cursor(), "SELECT nothing FROM cso WHERE id = %(id)s")


def named_in_code() -> set[str]:
    """Every text that stands in the code of the floor above and of the engine itself."""
    trees = [ast.parse(file.read_text()) for file in Path(synchronisation.__file__).parent.rglob("*.py")]
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_statement_is_used() -> None:
    assert set(statements()) - named_in_code() == set()


def test_every_statement_that_is_called_exists() -> None:
    called = {
        node.args[0].value
        for file in Path(synchronisation.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) in ("sql", "statement")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert called - set(statements()) == set()
    assert len(called) > 50


def test_every_statement_begins_with_a_comment() -> None:
    assert [name for name, text in statements().items() if not text.startswith("-- ")] == []


def test_index_that_a_comment_names_exists() -> None:
    cursor = raw_cursor()
    cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname IN ('public', 'run_template')")
    existing = {name for (name,) in cursor.fetchall()}
    named = {
        index.strip()
        for text in statements().values()
        for names in INDEX.findall(text.replace("\n--", ""))
        for index in names.split(",")
        if "_" in index
    }
    assert named - existing == set()
    assert len(named) > 10


def test_statement_named_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("one.sql", "two.sql"):
        (tmp_path / file).write_text("-- name: same\nSELECT 1;\n")
    monkeypatch.setattr(module, "SQL_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=r"two\.sql: the statement same exists already"):
        statements.__wrapped__()

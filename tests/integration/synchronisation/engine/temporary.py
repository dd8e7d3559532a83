"""The temporary tables that statements read, as the engine's own code defines them.

Found in the syntax tree of the engine: each `copy_temporary(cursor, "name", COLUMNS, rows)`, and each
`CREATE TEMPORARY TABLE` of a statement.
"""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg import Cursor, sql

from synchronisation import engine
from synchronisation.engine.statements import statements

ENGINE = Path(engine.__file__).parent
PARAMETER = re.compile(r"%\((\w+)\)s")


def raw_cursor() -> Cursor[Any]:
    """A cursor as pages have it, below Django's."""
    connection.ensure_connection()
    return connection.connection.cursor()  # type: ignore[no-any-return]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(ENGINE.glob("*.py")):
        yield f"{engine.__name__}.{file.stem}", ast.parse(file.read_text())


def copied_tables() -> dict[str, dict[str, str]]:
    """Name -> columns with their types."""
    found: dict[str, dict[str, str]] = {}
    for module, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "copy_temporary":
                _, name, columns, _ = node.args
                found[ast.literal_eval(name)] = _value(module, columns)
    return found


def _value(module: str, node: ast.expr) -> dict[str, str]:
    """A dictionary written out, or the module's constant of that name."""
    columns: dict[str, str] = (
        getattr(import_module(module), node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)
    )
    return columns


def create_temporary_tables(cursor: Cursor[Any]) -> None:
    """All of them, empty, until the transaction ends."""
    for name, columns in copied_tables().items():
        definition = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({definition}) ON COMMIT DROP".encode())
    for text in statements().values():
        if "CREATE TEMPORARY TABLE" in text:
            cursor.execute(text, dict.fromkeys(PARAMETER.findall(text)))


def use_run_tables(cursor: Cursor[Any], schema: str = "run_template") -> None:
    """Name a run's tables plainly, as its pages do, until the transaction ends."""
    cursor.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(schema)))

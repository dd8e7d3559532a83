"""The engine's SQL: statements live in `sql/<step>.sql`, are read once and called by name.

A statement begins with `-- name: its_name`; the comment lines below say what it reads, writes and relies on.
Parameters are named (`%(system)s`); none is built with string formatting.
"""

import re
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

SQL_FOLDER = Path(__file__).parent / "sql"
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements() -> dict[str, LiteralString]:
    """Name -> text of every statement. Raises: ValueError on a name given twice."""
    found: dict[str, LiteralString] = {}
    for file in sorted(SQL_FOLDER.glob("*.sql")):
        _, *parts = _NAME.split(file.read_text())
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"{file.name}: the statement {name} exists already")
            found[name] = cast(LiteralString, text.strip().rstrip(";"))
    return found


def sql(name: str) -> LiteralString:
    """The text of one statement. Raises: KeyError."""
    return statements()[name]

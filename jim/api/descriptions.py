"""What each operation does, in words for who calls it.

In: `operations.md`, a heading per tag and below it one per operation id. Out: the texts by name, in that order.
The texts stand together so that they can be read, and compared with each other, as one.
"""

import re
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).with_name("operations.md")
HEADING = re.compile(r"^(#{1,2}) (.+)$", re.MULTILINE)
TAG = "#"


@cache
def tag_descriptions() -> dict[str, str]:
    """Tag -> what its operations are about."""
    return {name: text for level, name, text in _sections() if level == TAG}


@cache
def operation_descriptions() -> dict[str, str]:
    """Operation id -> Markdown."""
    return {name: text for level, name, text in _sections() if level != TAG}


@cache
def _sections() -> tuple[tuple[str, str, str], ...]:
    """(heading's marks, name, text up to the next heading)."""
    _, *parts = HEADING.split(TEXTS.read_text(encoding="utf-8"))
    return tuple(zip(parts[0::3], parts[1::3], map(str.strip, parts[2::3]), strict=True))

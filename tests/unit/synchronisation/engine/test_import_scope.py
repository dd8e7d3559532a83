"""Which of the selected containers an import asks for: a truth table of a small tree."""

import pytest

from synchronisation.engine.import_scope import outermost_selected
from synchronisation.models import Container

PARENTS = {"a": None, "b": "a", "c": "b", "d": "a", "e": None, "f": "e"}
"""a(b(c) d) e(f)"""

NUMBERS = {name: number for number, name in enumerate(PARENTS, 1)}


def containers(selected: str) -> list[Container]:
    """In any order: children may come before what they lie in."""
    return [
        Container(
            pk=NUMBERS[name], parent_id=NUMBERS[parent] if parent else None, external_id=name, selected=name in selected
        )
        for name, parent in reversed(PARENTS.items())
    ]


@pytest.mark.parametrize(
    ("selected", "read"),
    [
        ("", ""),
        ("a", "a"),
        ("ab", "a"),
        ("ac", "a"),
        ("bd", "bd"),
        ("bcd", "bd"),
        ("cf", "cf"),
        ("abcdef", "ae"),
    ],
)
def test_outermost_selected_containers_stand_for_what_lies_in_them(selected: str, read: str) -> None:
    assert sorted(outermost_selected(containers(selected))) == sorted(read)


def test_deep_trees_need_no_deep_stack() -> None:
    deep = [
        Container(pk=n, parent_id=n - 1 or None, external_id=str(n), selected=n in (2, 5_000)) for n in range(1, 5_001)
    ]
    assert list(outermost_selected(deep)) == ["2"]

"""Files around an HR file of `samples.people`: groups of these people, and the badges that they carry.

In: paths and numbers. Out: CSV files in UTF-8 with a header.
Always: the same arguments give the same bytes; memory holds the members of one group. Sizes of groups are skewed as in
companies: half have fewer than a dozen members, one in a hundred has a thousand, one has half of all people.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import ceil
from pathlib import Path
from random import Random

from samples.people import employee_id

GROUP_COLUMNS = ("objectType", "id", "displayName", "description", "owner", "members")
BADGE_COLUMNS = ("badgeId", "employeeId", "telephone", "room", "state")
BETWEEN_VALUES = "|"

SMALLEST = 5
LARGEST_SHARE = 0.5  # of all people
SKEW = 0.8  # of the bounded Pareto distribution: 2.6 million members in 25,000 groups of 100,000 people
CHANGED_SHARE = 0.01

BADGE_SHARE = 0.9
RETURNED_SHARE = 0.05

Row = tuple[str, ...]


def group_id(number: int) -> str:
    return f"g{number:07d}"


def sizes(groups: int, people: int, *, seed: int = 0) -> list[int]:
    """How many members each group has: evenly drawn from the distribution, in no order."""
    largest = max(SMALLEST, int(people * LARGEST_SHARE))
    span, last = 1 - (SMALLEST / largest) ** SKEW, max(1, groups - 1)
    drawn = [min(people, int(SMALLEST * (1 - place / last * span) ** (-1 / SKEW))) for place in range(groups)]
    Random(seed).shuffle(drawn)
    return drawn


def write(path: Path, *, people: int, groups: int, seed: int = 0) -> None:
    """A directory of people, who are numbers here, and of groups with an owner and members, one object a row."""
    _write(path, GROUP_COLUMNS, _directory(people, groups, seed))


def _directory(people: int, groups: int, seed: int) -> Iterator[Row]:
    for number in range(1, people + 1):
        yield "person", employee_id(number), "", "", "", ""
    for number, size in enumerate(sizes(groups, people, seed=seed), 1):
        yield _group(number, _members(number, size, people, seed), people)


def write_changed(path: Path, *, people: int, groups: int, seed: int = 0) -> int:
    """The groups of which one in a hundred members is somebody else now, whole; how many members that is.

    A group smaller than a hundred is among them as often as its size says.
    """
    dice = Random(seed)
    replaced = [int(size * CHANGED_SHARE + dice.random()) for size in sizes(groups, people, seed=seed)]
    changed = [(number, count) for number, count in enumerate(replaced, 1) if count]
    _write(path, GROUP_COLUMNS, _changed(changed, people, groups, seed))
    return sum(replaced)


def _changed(changed: Iterable[tuple[int, int]], people: int, groups: int, seed: int) -> Iterator[Row]:
    known = sizes(groups, people, seed=seed)
    for number, count in changed:
        members = _members(number, known[number - 1], people, seed)
        there = set(members)
        newcomers = (each for each in range(1, people + 1) if each not in there)
        yield _group(number, [*members[count:], *islice(newcomers, count)], people)


def write_everyone(path: Path, *, people: int, groups: int, without: int = 0) -> None:
    """One group, next to those of `write`, of all people but the last `without`."""
    members = range(1, people + 1 - without)
    _write(path, GROUP_COLUMNS, [_group(groups + 1, members, people)])


def _group(number: int, members: Sequence[int], people: int) -> Row:
    """Its owner is one of the first people, who manage others in the HR file."""
    owner = employee_id(1 + number % ceil(people / 8))
    named = BETWEEN_VALUES.join(map(employee_id, members))
    return "group", group_id(number), f"Group {number}", f"{len(members)} members at first", owner, named


def _members(number: int, size: int, people: int, seed: int) -> list[int]:
    return Random(f"{seed} {number}").sample(range(1, people + 1), size)


def write_badges(path: Path, *, people: int, seed: int = 0) -> None:
    """Badges of most people; some of them were returned."""
    _write(path, BADGE_COLUMNS, _badges(people, seed))


def _badges(people: int, seed: int) -> Iterator[Row]:
    dice = Random(seed)
    for number in range(1, people + 1):
        if dice.random() < BADGE_SHARE:
            state = "returned" if dice.random() < RETURNED_SHARE else "active"
            telephone = f"+44 800 {number:08d}"
            yield f"b{number:08d}", employee_id(number), telephone, f"{dice.randrange(900) + 100}", state


def _write(path: Path, columns: Row, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)

"""HR files full of invented people, as large as you like, and the same file some months later.

In: a path and numbers. Out: a CSV file in UTF-8 with a header, fourteen columns, one person a row.
Always: the same arguments give the same bytes; memory stays flat whatever the count; employee ids are unique;
a manager stands before the people he leads, and `change` never removes one.
"""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeVar

from samples.vocabulary import ASCII_BY_LETTER, COUNTRIES, NICKNAMES, STATUSES, TITLES_BY_DEPARTMENT, Country

COLUMNS = (
    "employeeId",
    "firstName",
    "lastName",
    "preferredName",
    "email",
    "department",
    "jobTitle",
    "company",
    "location",
    "manager",
    "startDate",
    "endDate",
    "status",
    "telephone",
)
MAIL_DOMAIN = "hartwell.example"  # RFC 2606: nobody's
EARLIEST_START = date(1990, 1, 1).toordinal()
LATEST_START = date(2025, 1, 1).toordinal()  # fixed, so that a file made next year is the same
CONTRACT_DAYS = 1500
TEAM_SIZE = 8  # so the first eighth of a file are the managers, and `change` finds leavers in its second half
DEPARTMENTS = tuple(TITLES_BY_DEPARTMENT)

Choice = TypeVar("Choice")


class Person(NamedTuple):
    """One row, in the order of COLUMNS; a tuple, because half a million are made in seconds.

    employee_id: eight digits, so that it begins with zeros. email, preferred_name, end_date, manager: often or
    sometimes empty. Dates are ISO 8601 days.
    """

    employee_id: str
    first_name: str
    last_name: str
    preferred_name: str
    email: str
    department: str
    job_title: str
    company: str
    location: str
    manager: str
    start_date: str
    end_date: str
    status: str
    telephone: str


def write(path: Path, count: int, *, seed: int = 0) -> None:
    """Write a file of `count` people, replacing what was there."""
    _write_whole(path, people(count, seed=seed))


def people(count: int, *, seed: int = 0, first: int = 1) -> Iterator[Person]:
    """`count` people with the employee numbers from `first` on."""
    dice = _Dice(seed)
    for number in range(first, first + count):
        yield _person(number, dice)


def change(source: Path, target: Path, *, added: int, changed: int, removed: int, seed: int = 0) -> None:
    """Write to `target` (which may be `source`) what a file of `write` looks like some months later.

    changed: people who get another department and job title, every fourth of them another last name, too.
    removed: people from the second half of the file. added: newcomers at its end, with numbers not seen before.
    Raises: ValueError when the file is too small for that.
    """
    count, highest_number = _measure(source)
    dice = _Dice(seed)
    leavers = frozenset(dice.sample(range(count // 2, count), removed, "remove"))
    affected = dice.sample(range(count), removed + changed, "remove and change")
    movers = frozenset([index for index in affected if index not in leavers][:changed])
    newcomers = people(added, seed=seed, first=highest_number + 1)

    def rows() -> Iterator[Person]:
        for index, person in enumerate(read(source)):
            if index not in leavers:
                yield _moved(person, dice) if index in movers else person
        yield from newcomers

    _write_whole(target, rows())


def read(path: Path) -> Iterator[Person]:
    """The people of a file that `write` or `change` made."""
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        if tuple(next(lines, ())) != COLUMNS:
            raise ValueError(f"{path} is not a sample file: its header must be {','.join(COLUMNS)}")
        yield from map(Person._make, lines)


class _Dice:
    """Random choices that are cheap enough to make six million of."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._bits = self._random.getrandbits

    def below(self, limit: int) -> int:
        return self._bits(32) % limit  # the bias of the remainder is below 1 in 100,000 for every limit here

    def pick(self, choices: Sequence[Choice]) -> Choice:
        return choices[self._bits(32) % len(choices)]

    def sample(self, indexes: Sequence[int], size: int, purpose: str) -> list[int]:
        if size > len(indexes):
            raise ValueError(f"cannot {purpose} {size} people: the file has only {len(indexes)} to choose from")
        return self._random.sample(indexes, size)


def _person(number: int, dice: _Dice) -> Person:
    country = dice.pick(COUNTRIES)
    first_name, last_name = dice.pick(country.first_names), dice.pick(country.last_names)
    department = dice.pick(DEPARTMENTS)
    return Person(
        employee_id=employee_id(number),
        first_name=first_name,
        last_name=last_name,
        preferred_name="" if dice.below(6) else dice.pick(NICKNAMES),
        email=_email(number, first_name, last_name) if dice.below(20) else "",
        department=department,
        job_title=dice.pick(TITLES_BY_DEPARTMENT[department]),
        company=country.company,
        location=dice.pick(country.cities),
        manager="" if number == 1 else employee_id((number + TEAM_SIZE - 2) // TEAM_SIZE),
        start_date=_day(EARLIEST_START + dice.below(LATEST_START - EARLIEST_START)),
        end_date="" if dice.below(8) else _day(LATEST_START + dice.below(CONTRACT_DAYS)),
        status=dice.pick(STATUSES),
        telephone=_telephone(country, dice),
    )


def employee_id(number: int) -> str:
    return f"{number:08d}"


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _telephone(country: Country, dice: _Dice) -> str:
    return f"+{country.dialling_code} {dice.below(900) + 100} {dice.below(9000) + 1000}"


def _email(number: int, first_name: str, last_name: str) -> str:
    return f"{ASCII_BY_NAME[first_name]}.{ASCII_BY_NAME[last_name]}.{number}@{MAIL_DOMAIN}"


def _ascii(name: str) -> str:
    """The letters and hyphens of a name as people write it in an address: "Þórdís" becomes "thordis"."""
    spelled = "".join(ASCII_BY_LETTER.get(letter, letter) for letter in name)
    taken_apart = unicodedata.normalize("NFKD", spelled)
    return "".join(letter for letter in taken_apart if letter == "-" or (letter.isascii() and letter.isalpha())).lower()


ASCII_BY_NAME = {
    name: _ascii(name) for country in COUNTRIES for names in (country.first_names, country.last_names) for name in names
}


def _moved(person: Person, dice: _Dice) -> Person:
    """The same person in another department, and so with another job title; titles are unique to departments."""
    elsewhere = [department for department in DEPARTMENTS if department != person.department]
    department = dice.pick(elsewhere)
    moved = person._replace(department=department, job_title=dice.pick(TITLES_BY_DEPARTMENT[department]))
    return moved if dice.below(4) else moved._replace(last_name=dice.pick(dice.pick(COUNTRIES).last_names))


def _measure(path: Path) -> tuple[int, int]:
    """How many people a file has, and the highest employee number among them (0 when there is none)."""
    count = highest = 0
    for person in read(path):
        count += 1
        highest = max(highest, int(person.employee_id))
    return count, highest


def _write_whole(path: Path, rows: Iterable[Person]) -> None:
    """Write beside, then rename: a reader sees the old file or the new one, and `rows` may read the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(rows)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

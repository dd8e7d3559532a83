"""The generator of sample groups and badges."""

import csv
from pathlib import Path

import pytest

from samples import groups, people

PEOPLE, GROUPS = 400, 60
KNOWN = {person.employee_id for person in people.people(PEOPLE)}


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def members(file: Path) -> dict[str, list[str]]:
    return {row["id"]: row["members"].split("|") for row in rows(file) if row["objectType"] == "group"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    file = tmp_path / "groups.csv"
    groups.write(file, people=PEOPLE, groups=GROUPS)
    return file


def test_sizes_are_skewed_between_five_and_half_of_all_people() -> None:
    drawn = sorted(groups.sizes(25_000, 100_000))
    assert (drawn[0], drawn[12_500], drawn[-1]) == (5, 11, 50_000)
    assert 2_000_000 < sum(drawn) < 3_000_000


def test_no_group_has_more_members_than_there_are_people() -> None:
    assert groups.sizes(3, 4) == [4, 4, 4]


def test_write_people_of_the_hr_file_then_groups_of_them(directory: Path) -> None:
    found = rows(directory)
    assert {row["id"] for row in found[:PEOPLE]} == KNOWN
    assert [row["objectType"] for row in found[PEOPLE:]] == ["group"] * GROUPS
    assert {row["owner"] for row in found[PEOPLE:]} <= KNOWN
    named = members(directory)
    assert [len(each) for each in named.values()] == groups.sizes(GROUPS, PEOPLE)
    assert all(len(set(each)) == len(each) and set(each) <= KNOWN for each in named.values())


def test_write_same_seed_gives_the_same_bytes(directory: Path, tmp_path: Path) -> None:
    groups.write(tmp_path / "again.csv", people=PEOPLE, groups=GROUPS)
    groups.write(tmp_path / "other.csv", people=PEOPLE, groups=GROUPS, seed=1)
    assert (tmp_path / "again.csv").read_bytes() == directory.read_bytes()
    assert (tmp_path / "other.csv").read_bytes() != directory.read_bytes()


def test_write_changed_replaces_as_many_members_as_it_says(directory: Path, tmp_path: Path) -> None:
    count = groups.write_changed(tmp_path / "changed.csv", people=PEOPLE, groups=GROUPS)
    before, after = members(directory), members(tmp_path / "changed.csv")
    gained = sum(len(set(after[group]) - set(before[group])) for group in after)
    lost = sum(len(set(before[group]) - set(after[group])) for group in after)
    assert gained == lost == count > 0


def test_write_everyone_is_one_group_that_no_other_is(directory: Path, tmp_path: Path) -> None:
    groups.write_everyone(tmp_path / "everyone.csv", people=PEOPLE, groups=GROUPS, without=1)
    (group, named), *others = members(tmp_path / "everyone.csv").items()
    assert (group in members(directory), len(named), others) == (False, PEOPLE - 1, [])


def test_badges_are_of_most_people_and_some_came_back(tmp_path: Path) -> None:
    groups.write_badges(tmp_path / "badges.csv", people=PEOPLE)
    found = rows(tmp_path / "badges.csv")
    assert {row["employeeId"] for row in found} < KNOWN
    assert {row["state"] for row in found} == {"active", "returned"}

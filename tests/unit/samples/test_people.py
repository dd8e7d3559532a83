"""The generator of sample HR files."""

import tracemalloc
from pathlib import Path

import pytest

from samples import people

COUNT = 400


@pytest.fixture
def hr_file(tmp_path: Path) -> Path:
    file = tmp_path / "hr.csv"
    people.write(file, COUNT, seed=7)
    return file


def staff(file: Path) -> dict[str, people.Person]:
    return {person.employee_id: person for person in people.read(file)}


def test_write_header_names_the_fields_of_a_person(hr_file: Path) -> None:
    header = hr_file.read_text(encoding="utf-8").splitlines()[0].split(",")

    as_fields = ["".join("_" + c.lower() if c.isupper() else c for c in name) for name in header]

    assert as_fields == list(people.Person._fields)
    assert len(header) == 14


def test_write_same_seed_gives_the_same_bytes(hr_file: Path, tmp_path: Path) -> None:
    people.write(tmp_path / "again.csv", COUNT, seed=7)
    people.write(tmp_path / "other.csv", COUNT, seed=8)

    assert (tmp_path / "again.csv").read_bytes() == hr_file.read_bytes()
    assert (tmp_path / "other.csv").read_bytes() != hr_file.read_bytes()


def test_write_ids_are_unique_text_that_no_number_can_carry(hr_file: Path) -> None:
    ids = [person.employee_id for person in people.read(hr_file)]

    assert len(set(ids)) == COUNT
    assert all(len(each) == 8 and each.startswith("0") for each in ids)


def test_write_manager_stands_before_the_people_he_leads(hr_file: Path) -> None:
    seen: set[str] = set()
    leaderless = []
    for person in people.read(hr_file):
        if person.manager not in seen:
            leaderless.append(person.employee_id)
        seen.add(person.employee_id)

    assert leaderless == ["00000001"]


@pytest.mark.parametrize("awkward", ["'", "-", ",", '"', " ", "é", "ß", "Ł", "Þ"])
def test_write_contains_every_awkward_character(hr_file: Path, awkward: str) -> None:
    names = "".join(part for person in people.read(hr_file) for part in (*person[1:4], person.job_title))

    assert awkward in names


def test_write_addresses_are_ascii_and_unique(hr_file: Path) -> None:
    addresses = [person.email for person in people.read(hr_file) if person.email]

    assert COUNT * 0.9 < len(addresses) < COUNT
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() and ".." not in address for address in addresses)


def test_change_gives_exactly_the_changes_asked_for(hr_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "later.csv"

    people.change(hr_file, target, added=11, changed=13, removed=17, seed=3)

    before, after = staff(hr_file), staff(target)
    differing = [each for each in before.keys() & after.keys() if before[each] != after[each]]
    assert len(after.keys() - before.keys()) == 11
    assert len(before.keys() - after.keys()) == 17
    assert len(differing) == 13
    assert all(before[each].job_title != after[each].job_title for each in differing)


def test_change_again_and_again_never_removes_a_manager_or_reuses_an_id(hr_file: Path) -> None:
    ever_seen = set(staff(hr_file))
    for seed in range(5):
        before = staff(hr_file)
        people.change(hr_file, hr_file, added=20, changed=20, removed=20, seed=seed)
        after = staff(hr_file)

        assert not (after.keys() - before.keys()) & ever_seen
        assert {person.manager for person in after.values()} - {""} <= after.keys()
        ever_seen |= after.keys()


@pytest.mark.parametrize(
    ("removed", "changed", "message"),
    [(COUNT // 2 + 1, 0, "cannot remove 201"), (100, COUNT, "cannot remove and change 500")],
)
def test_change_more_than_there_are_is_refused(hr_file: Path, removed: int, changed: int, message: str) -> None:
    before = hr_file.read_bytes()

    with pytest.raises(ValueError, match=message):
        people.change(hr_file, hr_file, added=0, changed=changed, removed=removed)

    assert hr_file.read_bytes() == before
    assert [file.name for file in hr_file.parent.iterdir()] == ["hr.csv"]


def test_read_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")

    with pytest.raises(ValueError, match="not a sample file"):
        list(people.read(tmp_path / "x.csv"))


def test_write_and_change_hold_no_file_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    tracemalloc.start()

    people.write(file, 6_000)
    people.change(file, file, added=100, changed=100, removed=100)

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.stat().st_size > 1_000_000
    assert peak_bytes < 300_000

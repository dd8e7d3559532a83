"""The benchmark with groups: badges that contribute to people, and groups whose members and owners flow to a directory.

In: how many people and groups. Out: the phases of every system, those of one in a hundred members changed, and of one
member added to a group of everybody, with the rows that this one writes in each table. Always: people come with their
managers; every rule of the HR sample is in play, one more system with a scope and priorities, and a target that
takes accounts and groups in one file.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import feed
from benchmarks.baseline import Rows
from benchmarks.measure import ITEMS, Benchmark, Measurement, Phase
from samples import configuration, groups, people
from samples.configuration import Configuration, ExportRule, FileSystem, ImportRule, ObjectType
from samples.hr_to_directory import DIRECTORY_ACCOUNTS, DIRECTORY_COLUMNS, DIRECTORY_FILE, HR, HR_FILE, HR_PEOPLE

GROUPS_FILE = "groups.csv"
CHANGES_FILE = f"{feed.CHANGES}{GROUPS_FILE}"
BADGES_FILE = "badges.csv"
COLUMNS = ("objectType", *DIRECTORY_COLUMNS, "telephoneNumber", "owner", "member")

IMPORTS = ("Full Import", "Delta Import")
SYNCHRONISATIONS = ("Full Synchronisation", "Delta Synchronisation")

BADGES = FileSystem(
    name="Badges",
    file_path=BADGES_FILE,
    mode="Import Only",
    object_types=(ObjectType("badge", external_id="badgeId", matching=("employeeId", "Employee ID")),),
    run_profiles=("Full Import", *SYNCHRONISATIONS),
)
GROUPS = FileSystem(
    name="Groups",
    file_path=GROUPS_FILE,
    mode="Import Only",
    type_column="objectType",
    object_types=(
        ObjectType("person", external_id="id", matching=("id", "Employee ID")),
        ObjectType(
            "group",
            external_id="id",
            matching=("id", "Account Name"),
            types={"owner": "Reference", "members": "Reference"},
            several=("members",),
            metaverse_type="group",
        ),
    ),
    run_profiles=(*IMPORTS, *SYNCHRONISATIONS),
    connector=feed.NAME,
)
DIRECTORY = FileSystem(
    name="Directory",
    file_path=DIRECTORY_FILE,
    mode="Bidirectional",
    type_column="objectType",
    object_types=(
        ObjectType(
            "account",
            external_id="uid",
            matching=("employeeId", "Employee ID"),
            types={"manager": "Reference"},
        ),
        ObjectType(
            "group",
            external_id="uid",
            matching=("uid", "Account Name"),
            types={"owner": "Reference", "member": "Reference"},
            several=("member",),
            metaverse_type="group",
        ),
    ),
    run_profiles=("Full Import", *SYNCHRONISATIONS, "Export"),
)

CONFIGURATION = Configuration(
    systems=(HR, BADGES, GROUPS, DIRECTORY),
    import_rules=(
        HR_PEOPLE,
        ImportRule(
            name="Badges",
            system="Badges",
            projects=False,
            mappings={"Telephone": "telephone", "Location": "room"},
            # Who has a badge is called by its number; where HR knows the town, that counts.
            priorities={"Telephone": 1},
            scope={"state": "active"},
        ),
        ImportRule(
            name="Members", system="Groups", object_type="person", projects=False, mappings={"Employee ID": "id"}
        ),
        ImportRule(
            name="Groups",
            system="Groups",
            object_type="group",
            mappings={
                "Account Name": "id",
                "Display Name": "displayName",
                "Description": "description",
                "Owner": "owner",
                "Static Members": "members",
            },
        ),
    ),
    export_rules=(
        replace(
            DIRECTORY_ACCOUNTS,
            object_type="account",
            mappings={**DIRECTORY_ACCOUNTS.mappings, "telephoneNumber": "Telephone"},
        ),
        ExportRule(
            name="Directory groups",
            system="Directory",
            object_type="group",
            mappings={
                "uid": "Account Name",
                "displayName": "Display Name",
                "owner": "Owner",
                "member": "Static Members",
            },
        ),
    ),
    authorities={"person": "HR", "group": "Groups"},
)

IMPORTED = (
    Rows("cso", "id IN (SELECT cso_id FROM execution_item WHERE activity_id = %(activity)s)"),
    Rows("cso_reference", "cso_id IN (SELECT cso_id FROM execution_item WHERE activity_id = %(activity)s)"),
    *ITEMS,
)
MEMBERS_FLOWED = (
    Rows("mvo_reference", "system_id = (SELECT id FROM connected_system WHERE name = 'Groups')"),
    Rows("pending_export_reference", "attribute_id IN (SELECT id FROM attribute WHERE name IN ('owner', 'member'))"),
)
WRITTEN_ONCE = ("cso_reference", "mvo_reference", "pending_export_reference")


@dataclass(frozen=True, slots=True)
class Sizes:
    people: int
    groups: int

    @property
    def members(self) -> int:
        return sum(groups.sizes(self.groups, self.people))


def write_files(folder: Path, sizes: Sizes) -> None:
    """The files of all systems; the directory's has one row of each type, by which its types are known."""
    people.write(folder / HR_FILE, sizes.people)
    groups.write_badges(folder / BADGES_FILE, people=sizes.people)
    groups.write(folder / GROUPS_FILE, people=sizes.people, groups=sizes.groups)
    with (folder / DIRECTORY_FILE).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerow({"objectType": "account", "uid": "service"})
        writer.writerow({"objectType": "group", "uid": "operators"})


def measure(benchmark: Benchmark, folder: Path, sizes: Sizes) -> Iterator[Measurement]:
    """Every phase in order."""
    write_files(folder, sizes)
    configuration.apply(CONFIGURATION, benchmark.client)
    for phase in _first_round(sizes):
        yield benchmark.measure(phase)
    changes = folder / CHANGES_FILE
    changed = groups.write_changed(changes, people=sizes.people, groups=sizes.groups)
    for phase in _following_round("1 % of members changed", 2 * changed):
        yield benchmark.measure(phase)
    groups.write_everyone(changes, people=sizes.people, groups=sizes.groups, without=1)
    for phase in _following_round("group of everybody", sizes.people):
        yield benchmark.measure(phase)
    groups.write_everyone(changes, people=sizes.people, groups=sizes.groups)


def _first_round(sizes: Sizes) -> Iterator[Phase]:
    given = sizes.members + sizes.groups  # members and owners
    everything = given + sizes.people - 1  # and the managers of all but the first
    yield Phase("people: first full import", "HR", "Full Import", IMPORTED)
    yield Phase("people: unchanged full import", "HR", "Full Import")
    yield Phase("people: full synchronisation", "HR", "Full Synchronisation")
    yield Phase("badges: first full import", "Badges", "Full Import", IMPORTED)
    yield Phase("badges: full synchronisation", "Badges", "Full Synchronisation")
    yield Phase("groups: first full import", "Groups", "Full Import", IMPORTED, given)
    yield Phase("groups: unchanged full import", "Groups", "Full Import", references=given)
    yield Phase("groups: full synchronisation", "Groups", "Full Synchronisation", MEMBERS_FLOWED, given)
    yield Phase("groups: full synchronisation again", "Groups", "Full Synchronisation", references=given)
    yield Phase("people: full synchronisation again", "HR", "Full Synchronisation")
    yield Phase("export of creates", "Directory", "Export", references=everything)
    yield Phase("confirming import", "Directory", "Full Import", references=everything)
    yield Phase("groups: full synchronisation after export", "Groups", "Full Synchronisation", references=given)


def _following_round(name: str, references: int) -> Iterator[Phase]:
    yield Phase(f"{name}: delta import", "Groups", "Delta Import", references=references)
    yield Phase(f"{name}: delta synchronisation", "Groups", "Delta Synchronisation", references=references)
    yield Phase(f"{name}: export", "Directory", "Export", references=references)
    yield Phase(f"{name}: confirming import", "Directory", "Full Import")


def measure_one_member(benchmark: Benchmark) -> tuple[Measurement, dict[str, int]]:
    """From the start of the import to the pending export, and the rows written in each table.

    Ends the benchmark if a table of references has not got exactly one.
    """
    before = benchmark.rows_written()
    phases = [
        benchmark.measure(Phase(f"one member added: {profile.lower()}", "Groups", profile))
        for profile in ("Delta Import", "Delta Synchronisation")
    ]
    written = {
        table: count - before.get(table, 0)
        for table, count in benchmark.rows_written().items()
        if count != before.get(table, 0)
    }
    wrong = {table: written.get(table, 0) for table in WRITTEN_ONCE if written.get(table, 0) != 1}
    if wrong:
        raise SystemExit(f"One member added is one row in each table of references, but there were {wrong}")
    seconds = round(sum(phase.seconds for phase in phases), 2)
    peak = max((phase.peak_rss_mib or 0.0) for phase in phases)
    return Measurement(
        "one member added, read to pending export", 1, seconds, round(1 / seconds, 2), None, peak
    ), written

"""A year of a small company, in which nearly everything happens that can happen to an object.

In: the seed by which every source shuffles its objects. Out: what the runs said and left behind, free of ids, times
and order, so that two years can be compared whatever the size of the engine's pages.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from activities.models import RunType
from connectors.contract import AttributeType
from tests.acceptance.installation import (
    Ended,
    InFile,
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_file,
    in_memory,
    matching_rule,
)
from tests.acceptance.state import state

FULL_IMPORT, FULL_SYNC = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION
DELTA_SYNC, EXPORT = RunType.DELTA_SYNCHRONISATION, RunType.EXPORT

HR_COLUMNS = ("id", "badge", "name", "mail", "uid", "age", "manager")
PEOPLE = """\
E01,b01,Zoë,zoe@x,u01,30,
E02,b02,Li,li@x,u02,31,E01
E03,b03,Ann,shared@x,u03,32,E02
E04,b04,Bob,shared@x,u04,33,E03
E05,b05,Cyd,cyd@x,u05,34,E99
E06,b06,Dan,dan@x,u06,35,E01
E07,b07,Eve,eve@x,u06,36,E01
E08,b08,Fay,fay@x,u08,old,E01
E09,b09,Gus,gus@x,u09,38,E01
E09,b10,Hal,hal@x,u10,39,E01
E11,b11,Ida,ida@x,u11,40,E07
E12,b11,Ivo,ivo@x,u12,41,E11
"""
"""Two share a mail address, two a uid, two an id, two a badge; one has no readable age, one an unknown manager."""

NEW_YEAR = """\
E01,b01,Zoë,zoe@x,u01,31,E05
E03,b03,Anna,ann@x,u03,33,E02
E04,b04,Bob,shared@x,u04,34,E03
E55,b05,Cyd,cyd@x,u05,35,E99
E06,b06,Dan,dan@x,u66,36,
E07,b07,Eve,eve@x,u06,37,E01
E08,b08,Fay,fay@x,u08,36,E01
E09,b09,Gus,gus@x,u09,39,E01
E11,b13,Ida,ida@x,u11,41,E07
E12,b11,Ivo,ivo@x,u12,42,E11
E99,b99,New,new@x,u99,20,E01
"""
"""Li left, Cyd has another id, Dan another uid, which is Eve's now; Fay and Gus are readable, Ida has her own badge."""

ACCOUNTS = {
    "u01": {"cn": "Old Zoë", "mail": "zoe@x"},
    "u30": {"cn": "Anybody", "mail": "shared@x"},
    "u31": {"cn": "Nobody", "mail": "nobody@x"},
}


@dataclass(frozen=True)
class Company:
    hr: InFile
    directory: InMemory
    random: Random

    def write(self, text: str) -> None:
        rows = [dict(zip(HR_COLUMNS, line, strict=True)) for line in csv.reader(text.splitlines())]
        self.random.shuffle(rows)
        self.hr.write(*rows)


def company(folder: Path, seed: int) -> Company:
    identities("Badge", "Name", "Mail", "Uid", deletion_rule="WhenAuthoritativeSourceDisconnected")
    hr = in_file(folder, "HR", *HR_COLUMNS, types={"age": AttributeType.NUMBER, "manager": AttributeType.REFERENCE})
    directory = in_memory("Directory", "uid", "cn", "mail")
    identities().deletion_trigger_systems.add(hr.system)
    import_rule(hr, {"Badge": "badge", "Name": "name", "Mail": "mail", "Uid": "uid"})
    matching_rule(hr, "badge", "Badge")
    import_rule(directory, {}, projects=False)
    matching_rule(directory, "mail", "Mail")
    export_rule(directory, {"uid": "Uid", "cn": '="Mx " + mv["Name"]', "mail": "Mail"}, deletes=True)
    return Company(hr, directory, Random(seed))


def live(company: Company) -> list[list[Any]]:
    """Both parts of the year; what each run said, its items in the order of their text."""
    hr, directory = company.hr, company.directory
    company.write(PEOPLE)
    accounts = list(ACCOUNTS.items())
    company.random.shuffle(accounts)
    for uid, attributes in accounts:
        directory.put(uid, **attributes)
    directory.store.failures["u03"] = "the directory does not like u03"
    runs = [
        hr.run(FULL_IMPORT), directory.run(FULL_IMPORT), hr.run(FULL_SYNC), directory.run(FULL_SYNC),
        directory.run(EXPORT), directory.run(FULL_IMPORT), directory.run(DELTA_SYNC),
    ]  # fmt: skip
    directory.store.failures.clear()
    directory.put("u04", cn="Meddled")
    company.write(NEW_YEAR)
    runs += [
        hr.run(FULL_IMPORT), hr.run(DELTA_SYNC), directory.run(FULL_IMPORT), directory.run(FULL_SYNC),
        directory.run(EXPORT), directory.run(FULL_IMPORT), hr.run(FULL_SYNC),
    ]  # fmt: skip
    return [said(run) for run in runs]


def said(run: Ended) -> list[Any]:
    return [
        run.activity.run_type,
        run.status,
        run.activity.warning_message,
        run.activity.error_message,
        sorted(run.counters.items()),
        sorted(map(str, run.items)),
        sorted(re.sub(r"row \d+: ", "", str(error)) for error in run.errors),
    ]


def left(company: Company) -> dict[str, Any]:
    """The whole state, and what the directory has."""
    return {**state(), "directory": company.directory.objects()}

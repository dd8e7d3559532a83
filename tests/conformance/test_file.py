"""The file connector keeps the contract, in each mode and in more than one dialect."""

import csv
import os
from pathlib import Path

from connectors.contract import Environment
from connectors.file.connector import FileConnector
from connectors.registry import check_settings
from connectors.testing.conformance import ConnectorConformance, Trial

SAMPLES = {
    "E001": {"employeeId": ["E001"], "name": ["Zoë O'Brien"], "mail": ["z@example.com", "zoe@example.com"]},
    "E002": {"employeeId": ["E002"], "name": ['Ōkubo, "Ren"\nJr.'], "mail": []},
    "E003": {"employeeId": ["E003"], "name": [], "mail": ["only@example.com"]},
}


class TestFileConnector(ConnectorConformance):
    settings: dict[str, str] = {"Mode": "Bidirectional", "Object Type": "person"}
    header: tuple[str, ...] = ("employeeId", "name", "mail")

    def new_trial(self, folder: Path, *, seeded: bool) -> Trial:
        root = folder / "files"
        root.mkdir()
        self.write(root / "people.csv", seeded=seeded)
        (root / "folder").mkdir()
        (root / "headless.csv").touch()
        (root / "binary.csv").write_bytes(b"employeeId,name,mail\n\xff\xfe,x,y\n")

        def connect(path: str = "people.csv") -> FileConnector:
            settings = check_settings(FileConnector, {**self.settings, "File Path": path})
            return FileConnector(settings, Environment(root))

        return Trial(
            connect=connect,
            broken=[
                lambda path=path: connect(path) for path in ("gone/people.csv", "folder", "../x.csv", "binary.csv")
            ],
            open_connections=lambda: len(os.listdir("/proc/self/fd")),
            object_type="person",
            identifier="employeeId",
            samples=SAMPLES,
            single="name",
            multi_valued="mail",
        )

    def write(self, path: Path, *, seeded: bool) -> None:
        between_values = self.settings.get("Multi-Value Delimiter", "|")
        with path.open("w", encoding=self.settings.get("Encoding", "utf-8"), newline="") as stream:
            writer = csv.DictWriter(stream, self.header, delimiter=self.settings.get("Delimiter", ","))
            writer.writeheader()
            for sample in SAMPLES.values() if seeded else ():
                cells = {name: between_values.join(values) for name, values in sample.items()}
                writer.writerow({"type": "person"} | cells if "type" in self.header else cells)


class TestFileConnectorInAnotherDialect(TestFileConnector):
    settings = {
        "Mode": "Bidirectional",
        "Object Type Column": "type",
        "Delimiter": ";",
        "Multi-Value Delimiter": " / ",
        "Encoding": "utf-16",
    }
    header = ("name", "type", "mail", "employeeId")


class TestFileConnectorImportOnly(TestFileConnector):
    settings = {"Mode": "Import Only", "Object Type": "person"}


class TestFileConnectorExportOnly(TestFileConnector):
    settings = {"Mode": "Export Only", "Object Type": "person"}

"""A connector of the benchmark's own: the file connector with a delta import.

In: a file as the file connector reads it, and beside it one of the rows that changed since. Out: a full import is the
first, a delta import the second, each changed object whole. Always: found as every connector that is not built in, by
an entry point: `install` writes what a package of it would bring along.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from connectors.contract import Capabilities, ImportBatch, ImportRequest, SettingValues
from connectors.file.connector import FileConnector

NAME = "Benchmark Feed"
CHANGES = "changes-of-"
"""What a file's name begins with that has its changed rows."""

WATERMARK = "the changes file"
"""That file is written anew for each delta, so that there is but one position."""

METADATA = "Metadata-Version: 2.1\nName: jim-benchmark\nVersion: 1\n"
ENTRY_POINTS = f"[jim.connectors]\nfeed = {__name__}:FeedConnector\n"


class FeedConnector(FileConnector):
    name = NAME
    description = "Imports from a delimited text file, and from another what changed in it."

    @classmethod
    def capabilities(cls, settings: SettingValues) -> Capabilities:
        return replace(super().capabilities(settings), delta_import=True)

    def read(self, request: ImportRequest) -> Iterator[ImportBatch]:
        changes = f"{CHANGES}{self.settings['File Path']}" if request.delta else request.file_path
        batches = super().read(replace(request, delta=False, file_path=changes))
        yield ImportBatch((), watermark=WATERMARK)
        yield from batches


def install(folder: Path) -> dict[str, str]:
    """Make the connector known to processes with this environment. folder: of the installation's own."""
    package = folder / "packages" / "jim_benchmark-1.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(METADATA, encoding="utf-8")
    (package / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    checkout, inherited = Path(__file__).parent.parent, os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (inherited, str(checkout), str(package.parent))))}

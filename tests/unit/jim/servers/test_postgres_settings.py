"""PostgreSQL's settings follow the machine, within limits, and never trade safety for speed."""

import pytest

from jim.servers.postgres_settings import Machine, settings_for

GIB = 2**30


@pytest.mark.parametrize(
    ("memory", "disk", "expected"),
    [
        (24 * GIB, 60 * GIB, {"shared_buffers": "4096MB", "work_mem": "64MB", "max_wal_size": "7680MB"}),
        (2 * GIB, 8 * GIB, {"shared_buffers": "512MB", "work_mem": "8MB", "max_wal_size": "1024MB"}),
        (GIB // 4, GIB // 4, {"shared_buffers": "128MB", "work_mem": "8MB", "max_wal_size": "512MB"}),
    ],
    ids=["workstation", "small server", "tiny"],
)
def test_sizes_follow_the_machine(memory: int, disk: int, expected: dict[str, str]):
    settings = settings_for(Machine(memory, disk))
    assert {name: settings[name] for name in expected} == expected


def test_committed_data_survives_a_power_cut():
    settings = settings_for(Machine(GIB, GIB))
    assert (settings["fsync"], settings["synchronous_commit"]) == ("on", "on")

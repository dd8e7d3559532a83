"""The instance file: found while the instance runs, gone or ignored otherwise."""

import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from jim import instance

OURS = instance.Instance(os.getpid(), "http://127.0.0.1:1", "postgresql://a/b", "redis://c/0", "jim_ak_x")


def test_published_instance_is_readable_by_its_owner_only_and_gone_afterwards(tmp_path: Path):
    with instance.published(tmp_path, OURS):
        assert instance.read(tmp_path) == OURS
        assert stat.S_IMODE((tmp_path / instance.FILE_NAME).stat().st_mode) == 0o600
    assert instance.read(tmp_path) is None


def test_instance_of_a_killed_process_is_ignored(tmp_path: Path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    with instance.published(tmp_path, replace(OURS, process_id=gone.pid)):
        assert instance.read(tmp_path) is None


def test_export_urls_leaves_what_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JIM_DATA_DIR", str(tmp_path))
    environment = {"DATABASE_URL": "postgresql://mine/jim"}
    assert not instance.export_urls(environment)
    with instance.published(tmp_path, OURS):
        assert instance.export_urls(environment)
    assert environment == {"DATABASE_URL": "postgresql://mine/jim", "REDIS_URL": OURS.redis_url}

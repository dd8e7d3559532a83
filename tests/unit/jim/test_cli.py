"""The `jim` command: what it offers, and how the administrator's mistakes are answered."""

from pathlib import Path

import pytest

from jim import cli


@pytest.mark.parametrize("command", ["worker", "web", "beat"])
def test_part_without_servers_says_what_to_do_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
):
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("JIM_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["jim", command])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "jim: no running JIM found: start `jim serve` first, or set DATABASE_URL and REDIS_URL\n"
    )


def test_unreadable_variable_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path):
    monkeypatch.setenv("JIM_ENVIRONMENT", "prod")
    monkeypatch.setattr("sys.argv", ["jim", "serve", "--data-dir", str(tmp_path), "--port", "1"])
    monkeypatch.setattr("jim.serve.ensure_free", lambda *_: None)
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err == "jim: JIM_ENVIRONMENT is 'prod': write one of development, production\n"

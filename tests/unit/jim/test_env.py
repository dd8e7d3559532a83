"""The readers of environment variables: what they accept, and that a failure names the variable."""

from pathlib import Path

import pytest

from jim import env

NAME = "JIM_TEST_VARIABLE"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    """Sets the variable."""
    monkeypatch.delenv(f"{NAME}_FILE", raising=False)
    return lambda value: monkeypatch.setenv(NAME, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", True),
        ("YES", True),
        ("1", True),
        ("on", True),
        ("false", False),
        ("No", False),
        ("0", False),
        ("", True),
    ],
)
def test_boolean_reads_the_usual_words_and_empty_is_the_default(given, value: str, expected: bool):
    given(value)
    assert env.boolean(NAME, default=True) is expected


@pytest.mark.parametrize(
    ("value", "expected"), [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("7 d", 604800), ("", 5)]
)
def test_seconds_reads_units(given, value: str, expected: int):
    given(value)
    assert env.seconds(NAME, 5) == expected


@pytest.mark.parametrize(
    ("read", "value", "problem"),
    [
        (lambda: env.boolean(NAME, default=False), "maybe", "is 'maybe': write true or false"),
        (lambda: env.integer(NAME, 1), "1.5", "is '1.5': write a whole number"),
        (lambda: env.integer(NAME, 1), "9" * 4000, "write a whole number"),
        (lambda: env.integer(NAME, 1, minimum=1, maximum=9), "10", "is 10: it must lie between 1 and 9"),
        (lambda: env.seconds(NAME, 1), "soon", "is 'soon': write a duration such as 90s, 15m, 2h or 7d"),
        (lambda: env.choice(NAME, "a", ("a", "b")), "c", "is 'c': write one of a, b"),
        (lambda: env.database(NAME, ""), "mysql://x/y", "cannot be read"),
        (lambda: env.database(NAME, ""), "postgresql://host", "names no database"),
        (lambda: env.redis_url(NAME, ""), "http://host", "cannot be read: write redis://host:6379/0"),
        (lambda: env.redis_url(NAME, ""), "redis://", "cannot be read"),
    ],
)
def test_unreadable_value_error_names_variable_and_remedy(given, read, value: str, problem: str):
    given(value)
    with pytest.raises(env.VariableError) as raised:
        read()
    assert raised.value.name == NAME
    assert str(raised.value).startswith(f"{NAME} ")
    assert problem in str(raised.value)


def test_words_drops_blanks_and_empty_parts(given):
    given(" a, b ,,c ")
    assert env.words(NAME) == ("a", "b", "c")


def test_database_keeps_what_django_has_no_key_for_as_options(given):
    given("postgres://user:p%40ss@db.example:6543/jim?sslmode=require&connect_timeout=3")
    assert env.database(NAME, "") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "jim",
        "USER": "user",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6543",
        "OPTIONS": {"sslmode": "require", "connect_timeout": "3"},
    }


def test_secret_from_variable_wins_over_the_kept_one(given, tmp_path: Path):
    (tmp_path / NAME).write_text("kept\n")
    given("")
    assert env.secret(NAME, kept_in=tmp_path) == "kept"
    given("given")
    assert env.secret(NAME, kept_in=tmp_path) == "given"


def test_secret_from_file_is_its_first_line(given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    given("")
    (tmp_path / "mounted").write_text("from file\n\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "mounted"))
    assert env.secret(NAME) == "from file"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"], ids=["missing", "empty", "blank", "not text"])
def test_secret_file_without_secret_is_named(
    given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
):
    given("")
    file = tmp_path / "mounted"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    with pytest.raises(env.VariableError, match=f"^{NAME}_FILE names {file}"):
        env.secret(NAME)


def test_secret_given_twice_is_refused(given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    given("one")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "two"))
    with pytest.raises(env.VariableError, match="are both set"):
        env.secret(NAME)


def test_required_secret_that_is_missing_is_an_error(given):
    given("")
    with pytest.raises(env.VariableError, match=f"{NAME} is not set: .* {NAME}_FILE"):
        env.secret(NAME, required=True)


@pytest.mark.parametrize("value", ["https://login.example.com/realms/staff", "http://127.0.0.1:8080", ""])
def test_web_url_loses_the_slash_at_its_end(given, value: str):
    given(f"{value}/" if value else "")
    assert env.web_url(NAME) == value


@pytest.mark.parametrize("value", ["login.example.com", "ftp://x", "https://", "https://x/?a=b", "https://x/#a"])
def test_what_is_no_web_url_is_refused(given, value: str):
    given(value)
    with pytest.raises(env.VariableError, match=f"^{NAME} is .*: write a URL such as"):
        env.web_url(NAME)

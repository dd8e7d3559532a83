"""Nothing that files raise leaves unmapped, and each error says what to do."""

import csv
import errno
import os
import sqlite3

import pytest

from connectors.errors import ConfigurationError, ConnectorError, SourceError, TransientConnectorError
from connectors.file.errors import contract_errors, mapped


def with_subclasses(kind):
    yield kind
    for below in kind.__subclasses__():
        yield from with_subclasses(below)


def os_errors():
    return [OSError(number, os.strerror(number), "people.csv") for number in sorted(errno.errorcode)]


def raised_for(error):
    with pytest.raises(ConnectorError) as raised, contract_errors("hr/people.csv"):
        raise error
    return raised.value


@pytest.mark.parametrize("error", os_errors(), ids=lambda error: errno.errorcode[error.errno])
def test_every_operating_system_error_is_mapped(error):
    mapped_error = raised_for(error)
    assert isinstance(mapped_error, ConfigurationError | TransientConnectorError)
    assert "hr/people.csv" in str(mapped_error)
    assert mapped_error.__cause__ is error


@pytest.mark.parametrize(
    "kind",
    [kind for kind in with_subclasses(OSError) if kind.__module__ == "builtins"],
    ids=lambda kind: kind.__name__,
)
def test_every_kind_of_os_error_is_mapped_even_without_a_number(kind):
    assert isinstance(raised_for(kind("no number")), ConnectorError)


@pytest.mark.parametrize("kind", list(with_subclasses(sqlite3.Error)), ids=lambda kind: kind.__name__)
def test_every_database_error_of_the_spool_is_temporary(kind):
    assert isinstance(raised_for(kind("disk full")), TransientConnectorError)


@pytest.mark.parametrize(
    "error",
    [
        csv.Error("unexpected end of data"),
        UnicodeError("stream does not start with a mark"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        UnicodeEncodeError("cp1252", "Ł", 0, 1, "no such character"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_unreadable_content_is_the_sources_fault(error):
    assert isinstance(raised_for(error), SourceError)


@pytest.mark.parametrize(
    ("number", "family", "advice"),
    [
        (errno.ENOENT, ConfigurationError, "does not exist. Put it there"),
        (errno.EACCES, ConfigurationError, "Give that account the permission"),
        (errno.EISDIR, ConfigurationError, "is a folder"),
        (errno.ELOOP, ConfigurationError, "symbolic link"),
        (errno.ENOSPC, ConfigurationError, "no space left"),
        (errno.EIO, TransientConnectorError, "could not be used this time"),
        (errno.ESTALE, TransientConnectorError, "could not be used this time"),
    ],
)
def test_errors_an_administrator_can_mend_are_told_from_passing_ones(number, family, advice):
    error = raised_for(OSError(number, os.strerror(number)))
    assert isinstance(error, family)
    assert advice in str(error)


def test_contract_errors_pass_as_they_are():
    error = SourceError("row 7", position=7)
    assert raised_for(error) is error


def test_items_are_passed_on_and_errors_of_taking_one_are_mapped():
    def items():
        yield 1
        raise OSError(errno.EIO, "disk")

    taken = mapped(items(), "people.csv")
    assert next(taken) == 1
    with pytest.raises(TransientConnectorError):
        next(taken)


def test_errors_of_whoever_uses_the_items_are_left_alone():
    def use():
        for item in mapped(iter([1, 2]), "people.csv"):
            raise OSError(item, "the engine's own")

    with pytest.raises(OSError, match="the engine's own"):
        use()

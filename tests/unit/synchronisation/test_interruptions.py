"""Which failures of the database a run goes on after."""

import psycopg
import pytest
from django.db import OperationalError

from synchronisation.carrying_out import is_interruption


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.IdleInTransactionSessionTimeout(), True),
        (psycopg.errors.LockNotAvailable(), True),
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (psycopg.errors.DiskFull(), False),
        (psycopg.errors.UndefinedTable(), False),
        (psycopg.errors.UniqueViolation(), False),
        (psycopg.ProgrammingError("no result"), False),
        (ValueError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_interruptions_are_what_may_succeed_next_time(error: Exception, passes: bool) -> None:
    wrapped = OperationalError()
    wrapped.__cause__ = error
    assert (is_interruption(error), is_interruption(wrapped)) == (passes, passes)

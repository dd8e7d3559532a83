import pytest

from connectors.errors import ConfigurationError, SettingError, SourceError, TransientConnectorError
from jim.api.errors import describe
from synchronisation.errors import QueueUnavailableError, RunConflictError, RunRefusedError
from synchronisation.secrets import SecretError
from synchronisation.services.errors import NotPossibleError, RefusedError


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RefusedError({"name": ["Taken."]}), 400, "VALIDATION_ERROR"),
        (NotPossibleError("Later."), 400, "BAD_REQUEST"),
        (RunRefusedError("No."), 400, "BAD_REQUEST"),
        (ConfigurationError("Wrong."), 400, "BAD_REQUEST"),
        (SettingError("File Path", "Missing."), 400, "BAD_REQUEST"),
        (SecretError("No key."), 400, "BAD_REQUEST"),
        (SourceError("Broken row."), 400, "BAD_REQUEST"),
        (TransientConnectorError("Away."), 500, "INTERNAL_ERROR"),
        (RunConflictError("Running."), 409, "CONFLICT"),
        (QueueUnavailableError("Away."), 503, "SERVICE_UNAVAILABLE"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_family_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    failure = describe(error)
    assert (failure.status, failure.code) == (status, code)


def test_refused_fields_are_named_as_clients_know_them() -> None:
    failure = describe(
        RefusedError({"sources[0].connected_system_attribute_id": ["No."], "setting_values.File Path": ["No."]})
    )
    assert failure.validation_errors == {
        "sources[0].connectedSystemAttributeId": ["No."],
        "settingValues.File Path": ["No."],
    }


def test_refusal_of_the_whole_request_names_no_field() -> None:
    failure = describe(RefusedError({"": ["Name each mapping once."]}))
    assert (failure.message, failure.validation_errors) == ("Name each mapping once.", None)

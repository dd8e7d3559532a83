"""Rules that were edited: a delta synchronisation says what only a full one acts on, when it starts and afterwards."""

import pytest

from activities.models import RunType
from tests.acceptance.installation import identities, import_rule, in_memory, memory_connector
from tests.acceptance.over_api import client, execute
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.api.configuration import RULES, call

__all__ = ["client", "memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, DELTA_SYNC = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.DELTA_SYNCHRONISATION


def test_delta_synchronisation_names_edited_and_deleted_rules_until_a_full_one(client: ContractClient) -> None:
    identities("Badge", "Name")
    hr = in_memory("HR", "id", "name")
    of_badges = import_rule(hr, {"Badge": "id"})
    of_badges.name = "Badges"
    of_badges.save()
    of_names = import_rule(hr, {"Name": "name"})
    hr.put("1", name="Zoë")
    for run_type in (IMPORT, SYNC):
        execute(client, hr, run_type)
    quiet = execute(client, hr, DELTA_SYNC)
    assert (quiet.warnings, quiet.activity["status"]) == ([], "Complete")

    call(client, "put", f"{RULES}/{of_badges.pk}", {"name": "Badges of HR"})
    call(client, "delete", f"{RULES}/{of_names.pk}", status=204)
    delta = execute(client, hr, DELTA_SYNC)
    assert delta.warnings == [
        "Edited since the last full synchronisation: 'Badges of HR', 'HR Import'. "
        "Unchanged objects follow the edited rules only after a full synchronisation."
    ]
    assert (delta.activity["status"], delta.activity["warningMessage"]) == ("CompleteWithWarning", delta.warnings[0])

    assert execute(client, hr, SYNC).warnings == []
    after = execute(client, hr, DELTA_SYNC)
    assert (after.warnings, after.activity["status"]) == ([], "Complete")

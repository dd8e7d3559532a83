"""Something of everything, so that fuzzed requests also meet what exists."""

import base64
import re
from typing import Any

from activities.items import item_id
from jim.accounts.models import ApiKey, Role
from synchronisation.models import ObjectType, PredefinedSearch
from tests.activities import create_items, create_run
from tests.api import create_key
from tests.certificates import certificate, pem
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.api.configuration import (
    V1,
    attribute_ids,
    call,
    create_mapping,
    create_profile,
    file_connector,
    metaverse_attribute_ids,
    metaverse_type_id,
)
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, join, metaverse, queue
from tests.integration.synchronisation.api.scoping import Scope
from tests.integration.synchronisation.api.test_matching_rules import create as create_matching_rule

Known = dict[str, Any]
"""Parameter of a path -> a value that names something; a bare `id` is known as `segment/id`, by what is before it."""


def install(client: ContractClient, hr: Any, directory: Any) -> Known:
    run = create_run(status="CompleteWithError", progress={"counters": {"CsoAdded": 2}})
    create_items(run, {"external_id": "1"}, {"error_type": "AmbiguousMatch"})
    object_type = ObjectType.objects.get(system=directory["id"])
    mail = object_type.attributes.get(name="mail")
    account = create_cso(object_type, {mail: "a@x"}, external_id="zoe")
    identity = create_mvo({metaverse("Email"): "b@x"}, display_name="Zoë")
    join(account, identity)
    scope = Scope(client, hr)
    group = scope.group()
    source = {"connectedSystemAttributeId": attribute_ids(hr["id"])["email"]}
    mapping = {"targetMetaverseAttributeId": metaverse_attribute_ids()["Email"], "sources": [source]}
    create_key(name="spare")
    certificate_body = {"name": "Root", "certificateDataBase64": base64.b64encode(pem(certificate())).decode()}
    schedule = call(client, "post", f"{V1}/schedules", {"name": "Nightly"}, 201)
    search = PredefinedSearch.objects.get(uri="people")
    return {
        "certificates/id": call(client, "post", f"{V1}/certificates/upload", certificate_body, 201)["id"],
        "schedules/id": schedule["id"],
        "predefined-searches/id": search.pk,
        "uri": search.uri,
        "predefinedSearchUri": search.uri,
        "key": "Sync.PageSize",
        "connectedSystemId": directory["id"],
        "connectorDefinitionId": file_connector(client)["id"],
        "objectTypeId": object_type.pk,
        "attributeId": mail.pk,
        "csoId": account.pk,
        "attributeName": "mail",
        "connector-space/id": account.pk,
        "pendingExportId": queue(account, {mail: "b@x"}, mvo_id=identity.pk).pk,
        "runProfileId": create_profile(client, directory)["id"],
        "activities/id": run.pk,
        "itemId": item_id(run.pk, 0),
        "apikeys/id": ApiKey.objects.get(name="spare").pk,
        "roleId": Role.objects.get(name="User").pk,
        "metaverseObjectId": identity.pk,
        "objects/id": identity.pk,
        "object-types/id": metaverse_type_id(),
        "attributes/id": metaverse_attribute_ids()["Email"],
        "sync-rules/id": scope.rule["id"],
        "syncRuleId": scope.rule["id"],
        "mappingId": create_mapping(client, scope.rule, mapping)["id"],
        "groupId": group["id"],
        "criterionId": scope.criterion(group, "email", "Equals", stringValue="a")["id"],
        "ruleId": create_matching_rule(client, hr)["id"],
    }


def known_parameters(template: str, known: Known) -> Known:
    """The parameters of a path that name something here."""
    found = {}
    for segment, name in re.findall(r"([\w-]+)/\{(\w+)\}", template):
        key = name if name in known else f"{segment}/{name}"
        if key in known:
            found[name] = known[key] if isinstance(known[key], int) else str(known[key])
    return found

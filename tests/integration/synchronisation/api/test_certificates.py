import base64
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.x509 import der, thumbprint
from tests.api import EndpointTests, assert_error, query_count
from tests.certificates import certificate, pem, private_key_pem
from tests.integration.synchronisation.api.configuration import V1, call

PATH = f"{V1}/certificates"
UNKNOWN = "0190c2a4-5f6e-7d80-9abc-0123456789ab"


class TestAccess(EndpointTests):
    path = PATH
    missing = (f"{PATH}/{UNKNOWN}", f"{PATH}/1", f"{PATH}/{UNKNOWN}/validate", f"{PATH}/{UNKNOWN}/download")


class TestChangeAccess(EndpointTests):
    method = "delete"
    path = missing = f"{PATH}/{UNKNOWN}"
    missing = (path,)


def upload(client: APIClient, data: bytes, **fields: Any) -> Any:
    body = {"name": "Root", "certificateDataBase64": base64.b64encode(data).decode()} | fields
    return call(client, "post", f"{PATH}/upload", body, 201)


def test_uploaded_certificate_is_answered_whole(administrator: APIClient) -> None:
    made = certificate(days=10)
    added = upload(administrator, pem(made), notes="For LDAP")
    assert added == {
        "id": added["id"],
        "name": "Root",
        "thumbprint": thumbprint(made),
        "subject": "CN=ca.example.com",
        "issuer": "CN=ca.example.com",
        "serialNumber": "ABC",
        "validFrom": added["validFrom"],
        "validTo": added["validTo"],
        "sourceType": "Uploaded",
        "filePath": None,
        "isEnabled": True,
        "createdAt": added["createdAt"],
        "createdBy": added["createdBy"],
        "notes": "For LDAP",
        "isExpired": False,
        "isExpiringSoon": True,
        "daysUntilExpiry": 10,
    }
    assert added["createdBy"].startswith("Test key")
    assert call(administrator, "get", f"{PATH}/{added['id']}") == added


def test_download_gives_the_certificate_back_as_der(administrator: APIClient) -> None:
    made = certificate()
    added = upload(administrator, pem(made))
    client = APIClient()
    client.credentials(**administrator._credentials)
    response = client.get(f"{PATH}/{added['id']}/download")
    assert (response.headers["Content-Type"], response.content) == ("application/x-x509-ca-cert", der(made))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"certificateDataBase64": "§"}, "certificateDataBase64"),
        ({"certificateDataBase64": base64.b64encode(b"nothing").decode()}, "certificateDataBase64"),
        ({"certificateDataBase64": base64.b64encode(private_key_pem()).decode()}, "certificateDataBase64"),
        ({"certificateDataBase64": ""}, "certificateDataBase64"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"notes": "x" * 2001}, "notes"),
    ],
    ids=["no base64", "no certificate", "private key", "empty", "no name", "long name", "long notes"],
)
def test_upload_refuses_by_field(administrator: APIClient, fields: Any, field: str) -> None:
    body = {"name": "Root", "certificateDataBase64": base64.b64encode(der(certificate())).decode()} | fields
    assert_error(administrator.post(f"{PATH}/upload", body), 400, "VALIDATION_ERROR", {field: ...})


@pytest.mark.parametrize("path", ["tls/root.pem", "/tls/root.pem"])
def test_certificate_of_a_file_is_read_where_it_lies(administrator: APIClient, files: Path, path: str) -> None:
    file = files / "tls" / "root.pem"
    file.parent.mkdir()
    file.write_bytes(pem(certificate()))
    added = call(administrator, "post", f"{PATH}/file", {"name": "File", "filePath": path}, 201)
    assert (added["sourceType"], added["filePath"]) == ("FilePath", path)
    validation = f"{PATH}/{added['id']}/validate"
    assert call(administrator, "get", validation) == {"isValid": True, "errors": [], "warnings": []}
    assert_error(administrator.get(f"{PATH}/{added['id']}/download"), 400, "BAD_REQUEST")

    file.write_bytes(pem(certificate("other.example.com")))
    assert "now holds another certificate" in call(administrator, "get", validation)["warnings"][0]
    file.unlink()
    gone = call(administrator, "get", validation)
    assert (gone["isValid"], len(gone["errors"])) == (False, 1)


@pytest.mark.parametrize("path", ["../root.pem", "/../root.pem", "link/passwd", "none.pem", "hr.csv", "."])
def test_file_that_cannot_be_used_is_refused(administrator: APIClient, files: Path, path: str) -> None:
    (files / "link").symlink_to("/etc")
    response = administrator.post(f"{PATH}/file", {"name": "File", "filePath": path})
    assert_error(response, 400, "VALIDATION_ERROR", {"filePath": ...})


def test_list_is_filtered_sorted_and_costs_two_queries(administrator: APIClient) -> None:
    for name, days in (("Bravo", 30), ("Alpha", 60), ("Charlie", 90)):
        upload(administrator, der(certificate(days=days)), name=name)

    def names(query: str) -> list[str]:
        return [item["name"] for item in call(administrator, "get", f"{PATH}?{query}")["items"]]

    assert names("") == ["Bravo", "Alpha", "Charlie"]
    assert names("sortBy=name") == ["Alpha", "Bravo", "Charlie"]
    assert names("sortBy=validTo&sortDirection=desc") == ["Charlie", "Alpha", "Bravo"]
    assert names("filter=LPH") == ["Alpha"]
    assert_error(administrator.get(f"{PATH}?sortBy=notes"), 400, "VALIDATION_ERROR", {"sortBy": ...})
    assert query_count(administrator, PATH) == 2


def test_patch_changes_what_is_sent_and_disabled_ones_are_not_listed_as_enabled(administrator: APIClient) -> None:
    first, second = (upload(administrator, der(certificate()), name=name) for name in ("One", "Two"))
    call(administrator, "patch", f"{PATH}/{first['id']}", {"isEnabled": False, "notes": None}, 204)
    changed = call(administrator, "get", f"{PATH}/{first['id']}")
    assert changed == first | {"isEnabled": False}
    assert call(administrator, "get", f"{PATH}/enabled") == [second]
    assert query_count(administrator, f"{PATH}/enabled") == 1
    assert_error(administrator.patch(f"{PATH}/{first['id']}", {"name": None}), 400, "VALIDATION_ERROR", {"name": ...})


def test_every_change_leaves_an_activity_that_names_fields_and_no_data(administrator: APIClient) -> None:
    added = upload(administrator, der(certificate()))
    call(administrator, "patch", f"{PATH}/{added['id']}", {"notes": "secret?", "name": "Root"}, 204)
    call(administrator, "delete", f"{PATH}/{added['id']}", status=204)
    assert_error(administrator.get(f"{PATH}/{added['id']}"), 404, "NOT_FOUND")
    found = Activity.objects.order_by("created").values_list("target_type", "operation_type", "target_name", "message")
    assert list(found) == [
        ("TrustedCertificate", "Create", "Root", f"Certificate {added['thumbprint']} added, source Uploaded."),
        ("TrustedCertificate", "Update", "Root", "Changed: notes."),
        ("TrustedCertificate", "Delete", "Root", "Certificate deleted."),
    ]

"""What is there from the first start: predefined searches, and the instance's own id."""

import uuid

from django.db import migrations

SEARCHES = {
    "person": ("People", "people", ("Display Name", "Job Title", "Department", "Email", "Employee ID")),
    "group": ("Groups", "groups", ("Display Name", "Group Type", "Description", "Email")),
}


def create(apps, schema_editor):
    search_model = apps.get_model("synchronisation", "PredefinedSearch")
    column_model = apps.get_model("synchronisation", "PredefinedSearchAttribute")
    type_model = apps.get_model("synchronisation", "MetaverseObjectType")
    attribute_model = apps.get_model("synchronisation", "MetaverseAttribute")
    for type_name, (name, uri, columns) in SEARCHES.items():
        object_type = type_model.objects.filter(name=type_name).first()
        if object_type is None:
            continue
        search = search_model.objects.create(
            name=name,
            uri=uri,
            built_in=True,
            is_default_for_metaverse_object_type=True,
            metaverse_object_type=object_type,
        )
        for position, column in enumerate(columns):
            attribute = attribute_model.objects.filter(name=column).first()
            if attribute is not None:
                column_model.objects.create(search=search, attribute=attribute, position=position)
    setting_model = apps.get_model("synchronisation", "ServiceSettingOverride")
    setting_model.objects.create(key="Instance.Id", value=str(uuid.uuid4()))


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0015_configuration_resources")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

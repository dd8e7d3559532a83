"""The metaverse schema that is there from the first start (spec/additions.md, "Built in")."""

from django.db import migrations

ATTRIBUTES = {
    "Display Name": "Text",
    "First Name": "Text",
    "Last Name": "Text",
    "Preferred Name": "Text",
    "Email": "Text",
    "Employee ID": "Text",
    "Employee Status": "Text",
    "Employee Type": "Text",
    "Employee Start Date": "DateTime",
    "Employee End Date": "DateTime",
    "Department": "Text",
    "Job Title": "Text",
    "Company": "Text",
    "Location": "Text",
    "Account Name": "Text",
    "User Principal Name": "Text",
    "Telephone": "Text",
    "Mobile": "Text",
    "Manager": "Reference",
    "Description": "Text",
    "Common Name": "Text",
    "Object GUID": "Guid",
    "Static Members": "Reference",
    "Owner": "Reference",
    "Group Type": "Text",
    "Proxy Addresses": "Text",
}
MULTI_VALUED = {"Static Members", "Proxy Addresses"}
OBJECT_TYPES = (("person", "people", "person"), ("group", "groups", "group"))
GROUP_ONLY = {"Static Members", "Owner", "Group Type"}
GROUP = GROUP_ONLY | {
    "Display Name", "Description", "Common Name", "Email", "Account Name", "Object GUID", "Proxy Addresses"
}


def create(apps, schema_editor):
    attribute_model = apps.get_model("synchronisation", "MetaverseAttribute")
    type_model = apps.get_model("synchronisation", "MetaverseObjectType")
    types = {
        name: type_model.objects.create(name=name, plural_name=plural, icon=icon, built_in=True)
        for name, plural, icon in OBJECT_TYPES
    }
    for name, data_type in ATTRIBUTES.items():
        attribute = attribute_model.objects.create(
            name=name,
            type=data_type,
            plurality="MultiValued" if name in MULTI_VALUED else "SingleValued",
            built_in=True,
        )
        if name in GROUP:
            attribute.object_types.add(types["group"])
        if name not in GROUP_ONLY:
            attribute.object_types.add(types["person"])


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0002_run_template")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

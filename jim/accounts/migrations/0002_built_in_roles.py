"""The roles that are there from the first start (spec/additions.md, "Built in")."""

from django.db import migrations

NAMES = ("Administrator", "User")


def create(apps, schema_editor):
    role_model = apps.get_model("accounts", "Role")
    for name in NAMES:
        role_model.objects.create(name=name, built_in=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]

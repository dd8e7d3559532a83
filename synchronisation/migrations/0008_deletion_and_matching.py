"""What deletion rules and export matching keep: who marked an MVO, how a CSO left it, and what is keyed."""

from django.db import migrations, models

FORWARD = """
ALTER TABLE run_template.freed
    ADD COLUMN object_type_id integer NOT NULL DEFAULT 0,
    ADD COLUMN outcome text NOT NULL DEFAULT 'Disconnected';
"""

BACKWARD = """
ALTER TABLE run_template.freed DROP COLUMN object_type_id, DROP COLUMN outcome;
"""


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0007_scoping_criteria")]
    operations = [
        migrations.AddField("metaverseobject", "deletion_marked_by", models.IntegerField(null=True)),
        migrations.AddField("connectedsystem", "keyed_number", models.BigIntegerField(default=0)),
        migrations.AddIndex(
            "metaverseobject",
            models.Index(
                fields=["deletion_eligible"],
                name="mvo_marked",
                condition=models.Q(deletion_eligible__isnull=False),
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]

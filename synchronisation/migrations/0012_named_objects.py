"""Objects that an import's references name are known before they are written: the table that a run keeps them in."""

from django.db import migrations

FORWARD = """
-- Texts of references that are the external ID of one object alone, once the import has been applied.
CREATE TABLE run_template.named (
    text_hash uuid PRIMARY KEY,
    cso_id uuid NOT NULL
);
"""

BACKWARD = "DROP TABLE run_template.named;"


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0011_obsolete_index")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

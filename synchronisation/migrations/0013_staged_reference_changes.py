"""An import stages what objects gain and lose of their references, and knows what these name before it writes them."""

from django.db import migrations

FORWARD = """
-- Of an object that the connector space has, the difference alone.
ALTER TABLE run_template.staged_reference
    ADD COLUMN is_lost boolean NOT NULL,
    ALTER COLUMN text_hash SET NOT NULL;

-- Texts of references that are the external ID of one object alone, once the import has been applied.
CREATE TABLE run_template.named (
    text_hash uuid PRIMARY KEY,
    cso_id uuid NOT NULL
);
"""

BACKWARD = """
DROP TABLE run_template.named;
ALTER TABLE run_template.staged_reference
    DROP COLUMN is_lost,
    ALTER COLUMN text_hash DROP NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0012_deltas_and_lost_connectors")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""The failed items of a run are found without reading the others; few items fail, so the index costs next to nothing."""

from django.db import migrations

FORWARD = """
CREATE INDEX execution_item_failed ON execution_item (month, activity_id, ordinal) WHERE error_type IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("activities", "0003_predefined_search_target")]
    operations = [migrations.RunSQL(FORWARD, "DROP INDEX execution_item_failed;")]

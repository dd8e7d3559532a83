"""An import's details find what stayed once, in their statement: the functions that compared twice go."""

from django.db import migrations

FORWARD = """
DROP FUNCTION changed_values(jsonb, jsonb);
DROP FUNCTION compared_values(jsonb, jsonb);
"""

BACKWARD = """
CREATE FUNCTION compared_values(document jsonb, other jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(jsonb_object_agg(key, value), '{}')
    FROM jsonb_each(document)
    WHERE value IS DISTINCT FROM other -> key
);
CREATE FUNCTION changed_values(document jsonb, other jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN document = '{}' OR other = '{}' THEN document ELSE compared_values(document, other) END;
"""


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0008_deletion_and_matching")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

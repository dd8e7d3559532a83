"""Functions on documents and on the changes of pending exports (see `synchronisation/rules/exports.py` for their form).

A function with a subquery costs a call, some 10 us; `changed_values` is now written into its statement (PostgreSQL
inlines what has no subquery) and calls another only where there is something to compare.
"""

from django.db import migrations

FORWARD = """
-- What may be kept of changes once they have arrived.
CREATE FUNCTION without_secrets(changes jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(jsonb_object_agg(key, value), '{}')
    FROM jsonb_each(changes)
    WHERE NOT jsonb_path_exists(value, '$.sealed')
);

-- What an item shows of changes that were sent: what each attribute was set to, or gained.
CREATE FUNCTION shown_values(changes jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT jsonb_object_agg(key, CASE jsonb_typeof(value) WHEN 'object' THEN value -> 'add' ELSE value END)
    FROM jsonb_each(changes)
    WHERE NOT jsonb_path_exists(value, '$.sealed')
);

-- The attributes of a document whose value another document does not have.
ALTER FUNCTION changed_values(jsonb, jsonb) RENAME TO compared_values;
CREATE FUNCTION changed_values(document jsonb, other jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN document = '{}' OR other = '{}' THEN document ELSE compared_values(document, other) END;
"""

BACKWARD = """
DROP FUNCTION changed_values(jsonb, jsonb);
ALTER FUNCTION compared_values(jsonb, jsonb) RENAME TO changed_values;
DROP FUNCTION shown_values(jsonb);
DROP FUNCTION without_secrets(jsonb);
"""


PLAIN_VALUES = "".join(
    f"""
-- A single value was {{"set": value}}, and is the value itself now.
UPDATE pending_export
SET {column} = (
    SELECT coalesce(jsonb_object_agg(key, CASE WHEN value ? 'set' THEN value -> 'set' ELSE value END), '{{}}')
    FROM jsonb_each({column})
)
WHERE {column} @? '$.*.set';
"""
    for column in ("pending", "sent")
)


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0005_lighter_rows")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunSQL(PLAIN_VALUES, migrations.RunSQL.noop),
    ]

"""Execution items and their details, partitioned by month from the first day: retention drops partitions.

The partitions of a month are made by `ensure_item_partitions(month)`, which a run calls for its own month.
"""

from django.db import migrations

FORWARD = """
CREATE TABLE execution_item (
    id uuid NOT NULL,
    month date NOT NULL,
    activity_id uuid NOT NULL,
    ordinal bigint NOT NULL,
    external_id text,
    display_name text,
    object_type text,
    change_type text NOT NULL,
    error_type text,
    error_message text,
    outcome_summary text,
    cso_id uuid,
    mvo_id uuid,
    PRIMARY KEY (month, activity_id, ordinal)
) PARTITION BY RANGE (month);

CREATE TABLE execution_item_detail (
    month date NOT NULL,
    activity_id uuid NOT NULL,
    ordinal bigint NOT NULL,
    outcomes jsonb,
    scope text,
    old_values jsonb,
    new_values jsonb,
    PRIMARY KEY (month, activity_id, ordinal)
) PARTITION BY RANGE (month);

CREATE FUNCTION execution_item_id(activity uuid, ordinal bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (substr(activity::text, 1, 28) || lpad(to_hex(ordinal), 8, '0'))::uuid;

CREATE FUNCTION ensure_item_partitions(month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    partition text;
    first_day date := date_trunc('month', month)::date;
BEGIN
    FOREACH parent IN ARRAY ARRAY['execution_item', 'execution_item_detail'] LOOP
        partition := parent || to_char(first_day, '_YYYY_MM');
        IF to_regclass(partition) IS NULL THEN
            -- Two runs may begin a month at once; the second waits here and finds the table made.
            PERFORM pg_advisory_xact_lock(hashtext('ensure_item_partitions'));
            EXECUTE format(
                'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                partition, parent, first_day, (first_day + interval '1 month')::date
            );
        END IF;
    END LOOP;
END
$$;

SELECT ensure_item_partitions((now() AT TIME ZONE 'UTC')::date);
"""

BACKWARD = """
DROP FUNCTION ensure_item_partitions(date);
DROP FUNCTION execution_item_id(uuid, bigint);
DROP TABLE execution_item_detail;
DROP TABLE execution_item;
"""


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""What one run keeps while it works: the template of its schema, made anew for each run and dropped with it.

A run's own tables live in the schema `run_<activity id in hex>`, which its transactions put first in their
search path; so each statement in `engine/sql` names a plain table, and is prepared against the template by a test.
Ordinary, logged tables: a run that was killed goes on with them.
"""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE run_fence;

-- The attributes of a document whose value another document does not have.
CREATE FUNCTION changed_values(document jsonb, other jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(jsonb_object_agg(key, value), '{}')
    FROM jsonb_each(document)
    WHERE value IS DISTINCT FROM other -> key
);

-- No plan depends on what documents hold, and sampling them made ANALYZE of 20,000 identities take 1.4 s.
ALTER TABLE cso ALTER COLUMN document SET STATISTICS 0;
ALTER TABLE mvo ALTER COLUMN document SET STATISTICS 0, ALTER COLUMN holders SET STATISTICS 0;
ALTER TABLE pending_export ALTER COLUMN pending SET STATISTICS 0, ALTER COLUMN sent SET STATISTICS 0;

-- Each export is updated twice on its way: room for the new versions beside the old keeps its indexes untouched.
ALTER TABLE pending_export SET (fillfactor = 50);

CREATE SCHEMA run_template;

-- Objects that were read and are as the connector space has them, or cannot be imported: one narrow row each.
CREATE TABLE run_template.unchanged (
    row_number bigint NOT NULL,
    object_type_id integer NOT NULL,
    external_id_hash uuid NOT NULL
);

-- Those that are new or differ from the connector space, whole.
CREATE TABLE run_template.staged (
    row_number bigint NOT NULL,
    source_row bigint NOT NULL,
    cso_id uuid NOT NULL,
    is_new boolean NOT NULL,
    is_delete boolean NOT NULL,
    object_type_id integer NOT NULL,
    external_id text NOT NULL,
    external_id_hash uuid NOT NULL,
    secondary_external_id_hash uuid,
    display_name text,
    document jsonb NOT NULL,
    fingerprint uuid NOT NULL,
    reference_fingerprint uuid,
    PRIMARY KEY (row_number)
);

-- Every object that was read: finds duplicates and what is missing.
CREATE VIEW run_template.seen AS
SELECT row_number, object_type_id, external_id_hash FROM run_template.unchanged
UNION ALL
SELECT row_number, object_type_id, external_id_hash FROM run_template.staged;

CREATE TABLE run_template.staged_reference (
    row_number bigint NOT NULL,
    cso_id uuid NOT NULL,
    attribute_id integer NOT NULL,
    text text NOT NULL,
    text_hash uuid NOT NULL,
    name_hash uuid NOT NULL
);
CREATE INDEX ON run_template.staged_reference (row_number);

-- Objects that cannot be imported, and why; the rows of duplicates are added when all is read.
CREATE TABLE run_template.rejected (
    row_number bigint NOT NULL,
    source_row bigint NOT NULL,
    object_type text,
    external_id text,
    external_id_hash uuid,
    object_type_id integer,
    display_name text,
    error_type text NOT NULL,
    message text NOT NULL
);
CREATE INDEX ON run_template.rejected (row_number);

-- The objects a phase works off, in the order it takes them.
CREATE TABLE run_template.work (
    phase text NOT NULL,
    ordinal bigint NOT NULL,
    object_id uuid NOT NULL,
    PRIMARY KEY (phase, ordinal)
);

-- The item of an object whose references may still turn out to name nothing.
CREATE TABLE run_template.item_of (
    ordinal bigint PRIMARY KEY,
    cso_id uuid NOT NULL
);

-- MVOs that lost a CSO in this run, with what the item about that CSO will say.
CREATE TABLE run_template.freed (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mvo_id uuid NOT NULL,
    cso_id uuid NOT NULL,
    external_id text,
    display_name text,
    object_type text
);
"""

BACKWARD = """
DROP SCHEMA run_template CASCADE;
DROP FUNCTION changed_values(jsonb, jsonb);
DROP SEQUENCE run_fence;
"""


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0001_initial"), ("activities", "0002_items")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

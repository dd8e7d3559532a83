"""What delta imports remember and stage, and what synchronisations keep of lost connectors.

A mark for deletion names every system whose loss set it.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

MARKS = """
ALTER TABLE mvo ALTER COLUMN deletion_marked_by TYPE integer[]
    USING CASE WHEN deletion_marked_by IS NOT NULL THEN ARRAY[deletion_marked_by] END;
"""

FIRST_MARK = """
ALTER TABLE mvo ALTER COLUMN deletion_marked_by TYPE integer USING deletion_marked_by[1];
"""

FORWARD = """
-- MVOs from which the export rules took an account, by whose loss they may be deleted; item: where that was told.
CREATE TABLE run_template.lost_account (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mvo_id uuid NOT NULL,
    system_id integer NOT NULL,
    item bigint NOT NULL
);

-- Whether only what changed of an object was read.
ALTER TABLE run_template.staged ADD COLUMN is_partial boolean NOT NULL DEFAULT false;

-- Parts and updates of objects, until all is read (rules/pieces.py).
CREATE TABLE run_template.staged_piece (
    object_type_id integer NOT NULL,
    external_id_hash uuid NOT NULL,
    row_number bigint NOT NULL,
    source_row bigint NOT NULL,
    external_id text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (object_type_id, external_id_hash, row_number)
);

-- What pieces say of references, in order; without a text: the attribute's earlier values count no more.
CREATE TABLE run_template.piece_reference (
    row_number bigint NOT NULL,
    attribute_id integer NOT NULL,
    text text,
    is_removal boolean NOT NULL
);
CREATE INDEX piece_reference_by_row ON run_template.piece_reference (row_number);
"""

BACKWARD = """
DROP TABLE run_template.piece_reference, run_template.staged_piece;
ALTER TABLE run_template.staged DROP COLUMN is_partial;
DROP TABLE run_template.lost_account;
"""


class Migration(migrations.Migration):
    dependencies = [("synchronisation", "0011_obsolete_index")]
    operations = [
        migrations.RunSQL(
            MARKS,
            FIRST_MARK,
            state_operations=[
                migrations.AlterField(
                    "metaverseobject",
                    "deletion_marked_by",
                    django.contrib.postgres.fields.ArrayField(models.IntegerField(), null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RejectedObject",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("partition_id", models.IntegerField(null=True)),
                ("object_type_id", models.IntegerField(null=True)),
                ("object_type", models.TextField()),
                ("external_id", models.TextField(null=True)),
                ("external_id_hash", models.UUIDField(null=True)),
                ("error_type", models.TextField()),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="synchronisation.connectedsystem"
                    ),
                ),
            ],
            options={
                "db_table": "rejected_object",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("object_type_id"), models.F("external_id_hash"), name="rejected_object_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]

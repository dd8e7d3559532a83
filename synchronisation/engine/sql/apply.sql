-- name: staged_bounds
-- The next staged rows: the last of them, and how many. Reads staged by its key.
SELECT max(row_number), count(*)
FROM (
    SELECT row_number
    FROM staged
    WHERE row_number > %(after)s
      AND row_number <= %(until)s
    ORDER BY row_number
    LIMIT %(limit)s
) AS next;

-- name: make_import_page
-- The accepted objects of one page, each with its place and what the connector space has of it; the rest of them stays
-- in `staged`, which the page's statements read between the same bounds: without them they would read all that comes
-- before. An explicit delete of an object that is not there, or moved to another partition, is no change. Reads staged and rejected by row, cso by key,
-- and for what is not new alone (OFFSET 0 keeps the planner from reading the whole of a small connector space).
CREATE TEMPORARY TABLE import_page ON COMMIT DROP AS
SELECT
    staged.row_number,
    staged.cso_id,
    known.document AS old_document,
    staged.reference_fingerprint IS NOT NULL AS has_references,
    CASE
        WHEN staged.is_delete THEN 'Delete'
        WHEN staged.is_new THEN 'Add'
        ELSE 'Update'
    END AS change_type,
    row_number() OVER (ORDER BY staged.row_number) - 1 AS ordinal
FROM staged
LEFT JOIN LATERAL (
    SELECT document, status, partition_id
    FROM cso
    WHERE NOT staged.is_new
      AND cso.id = staged.cso_id
    OFFSET 0
) AS known ON true
WHERE staged.row_number > %(after)s
  AND staged.row_number <= %(last)s
  AND NOT (
      staged.is_delete
      AND (staged.is_new OR known.status = 'Obsolete' OR coalesce(known.partition_id <> %(partition)s, false))
  )
  AND NOT EXISTS (SELECT FROM rejected WHERE rejected.row_number = staged.row_number);
CREATE TEMPORARY TABLE import_note (
    cso_id uuid PRIMARY KEY,
    summary text,
    outcomes jsonb,
    error_type text,
    error_message text
) ON COMMIT DROP;

-- name: count_import_page
-- How many objects of the page are added, updated and deleted.
SELECT change_type, count(*)
FROM import_page
GROUP BY change_type;

-- name: write_import_items
-- Items of one page. Writes execution_item.
INSERT INTO execution_item (
    id, month, activity_id, ordinal, external_id, display_name, object_type, change_type, error_type, error_message,
    outcome_summary, cso_id
)
SELECT
    execution_item_id(%(activity)s, %(first)s + page.ordinal),
    %(month)s,
    %(activity)s,
    %(first)s + page.ordinal,
    staged.external_id,
    staged.display_name,
    object_type.name,
    page.change_type,
    note.error_type,
    note.error_message,
    CASE page.change_type WHEN 'Add' THEN 'CsoAdded:1' WHEN 'Delete' THEN 'CsoDeleted:1' ELSE 'CsoUpdated:1' END
        || coalesce(',' || note.summary, ''),
    page.cso_id
FROM import_page AS page
JOIN staged USING (row_number)
JOIN object_type ON object_type.id = staged.object_type_id
LEFT JOIN import_note AS note ON note.cso_id = page.cso_id
WHERE staged.row_number > %(after)s
  AND staged.row_number <= %(last)s
ORDER BY page.ordinal;

-- name: write_import_details
-- What each object of the page was and became, without the attributes that stayed. Writes execution_item_detail.
INSERT INTO execution_item_detail (month, activity_id, ordinal, outcomes, scope, old_values, new_values)
SELECT
    %(month)s,
    %(activity)s,
    %(first)s + ordinal,
    outcomes,
    'cs',
    CASE change_type WHEN 'Update' THEN old_document - same_keys END,
    CASE change_type WHEN 'Add' THEN document WHEN 'Update' THEN document - same_keys END
FROM (
    SELECT
        page.ordinal,
        page.change_type,
        page.old_document,
        staged.document,
        note.outcomes,
        CASE
            WHEN page.change_type <> 'Update' OR page.old_document = '{}' THEN '{}'
            ELSE ARRAY(SELECT key FROM jsonb_each(page.old_document) WHERE staged.document -> key = value)
        END AS same_keys
    FROM import_page AS page
    JOIN staged USING (row_number)
    LEFT JOIN import_note AS note ON note.cso_id = page.cso_id
    WHERE staged.row_number > %(after)s
      AND staged.row_number <= %(last)s
    OFFSET 0 -- the keys are found once, not for each use of them
) AS compared
ORDER BY ordinal;

-- name: insert_new
-- Writes cso; the change number comes from its sequence.
INSERT INTO cso (
    id, system_id, object_type_id, partition_id, created, status, external_id, external_id_hash,
    secondary_external_id_hash, display_name, document, fingerprint, reference_fingerprint, deprovisioned
)
SELECT
    staged.cso_id, %(system)s, object_type_id, %(partition)s, now(), 'Normal', external_id, external_id_hash,
    secondary_external_id_hash, display_name, document, fingerprint, reference_fingerprint, false
FROM import_page AS page
JOIN staged USING (row_number)
WHERE page.change_type = 'Add'
  AND staged.row_number > %(after)s
  AND staged.row_number <= %(last)s
ORDER BY row_number;

-- name: update_changed
-- Writes cso by key: changed objects, revived ones and placeholders that came true.
UPDATE cso
SET status = 'Normal',
    partition_id = coalesce(%(partition)s, cso.partition_id),
    external_id = staged.external_id,
    external_id_hash = staged.external_id_hash,
    secondary_external_id_hash = staged.secondary_external_id_hash,
    display_name = staged.display_name,
    document = staged.document,
    fingerprint = staged.fingerprint,
    reference_fingerprint = staged.reference_fingerprint,
    last_updated = now(),
    change_number = nextval('cso_change_number')
FROM import_page AS page
JOIN staged USING (row_number)
WHERE page.change_type = 'Update'
  AND cso.id = page.cso_id
  AND staged.row_number > %(after)s
  AND staged.row_number <= %(last)s;

-- name: obsolete_deleted
-- Writes cso by key: what a delta import said is gone.
UPDATE cso
SET status = 'Obsolete',
    last_updated = now(),
    change_number = nextval('cso_change_number')
FROM import_page AS page
WHERE page.change_type = 'Delete'
  AND cso.id = page.cso_id;

-- name: insert_references
-- References that the page's objects gained, with the objects they name as far as these are written: a row that is
-- changed to have its target would be written twice. An object that turned out to
-- be there already may have some of them. Index: named_pkey, cso_pkey.
INSERT INTO cso_reference (cso_id, system_id, attribute_id, text, text_hash, name_hash, target_id)
SELECT
    page.cso_id, %(system)s, reference.attribute_id, reference.text, reference.text_hash, reference.name_hash,
    (
        SELECT cso.id
        FROM named
        JOIN cso ON cso.id = named.cso_id
        WHERE named.text_hash = reference.text_hash
    )
FROM import_page AS page
JOIN staged_reference AS reference USING (row_number)
WHERE page.change_type <> 'Delete'
  AND NOT reference.is_lost
  AND reference.row_number > %(after)s
  AND reference.row_number <= %(last)s
ORDER BY row_number
ON CONFLICT DO NOTHING;

-- name: remove_references
-- References that the page's objects lost; noted where they flow. Index: cso_reference_pkey.
WITH gone AS (
    DELETE FROM cso_reference AS reference
    USING import_page AS page
    JOIN staged_reference AS lost USING (row_number)
    WHERE page.change_type = 'Update'
      AND lost.is_lost
      AND lost.row_number > %(after)s
      AND lost.row_number <= %(last)s
      AND reference.cso_id = page.cso_id
      AND reference.attribute_id = lost.attribute_id
      AND reference.text_hash = lost.text_hash
    RETURNING reference.cso_id, reference.attribute_id, reference.target_id
)
INSERT INTO removed_reference (system_id, cso_id, attribute_id, target_id)
SELECT %(system)s, cso_id, attribute_id, target_id
FROM gone
WHERE target_id IS NOT NULL
  AND attribute_id IN (SELECT attribute_id FROM reference_mapping);

-- name: note_renamed
-- Objects of the page that give up a secondary external ID, which somebody else may have now. Reads staged between the
-- page's bounds. Index: cso_pkey.
INSERT INTO renamed (cso_id)
SELECT cso.id
FROM import_page AS page
JOIN staged USING (row_number)
JOIN cso ON cso.id = page.cso_id
WHERE staged.row_number > %(after)s
  AND staged.row_number <= %(last)s
  AND cso.secondary_external_id_hash IS NOT NULL
  AND (
      page.change_type = 'Delete'
      OR (
          page.change_type = 'Update'
          AND cso.secondary_external_id_hash IS DISTINCT FROM staged.secondary_external_id_hash
      )
  )
ORDER BY row_number;

-- name: note_gone
-- Objects that are not read any more give up their names. Index: cso_pkey.
INSERT INTO renamed (cso_id)
SELECT id
FROM cso
WHERE id = ANY (%(ids)s::uuid[])
ORDER BY id;

-- name: note_items
-- Where the items of objects with references are, should a reference turn out to name nothing.
INSERT INTO item_of (cso_id, ordinal)
SELECT cso_id, %(first)s + ordinal
FROM import_page
WHERE has_references;

-- name: rejected_page
-- The next rejected rows, with the object each would have updated. Index: cso_external_id.
SELECT
    rejected.row_number,
    rejected.object_type,
    rejected.external_id,
    coalesce(rejected.display_name, cso.display_name),
    cso.id::text,
    rejected.error_type,
    rejected.message
FROM rejected
LEFT JOIN cso ON cso.object_type_id = rejected.object_type_id
             AND cso.external_id_hash = rejected.external_id_hash
WHERE rejected.row_number > %(after)s
ORDER BY rejected.row_number
LIMIT %(limit)s;

-- name: adopt_objects
-- Objects that another partition had until now, read as they were. Index: cso_pkey.
UPDATE cso
SET partition_id = %(partition)s
WHERE id = ANY (%(ids)s::uuid[]);

-- name: obsolete_objects
-- Writes cso by key. Repeatable: an obsolete object is not touched again.
UPDATE cso
SET status = 'Obsolete',
    last_updated = %(now)s,
    change_number = nextval('cso_change_number')
FROM object_type
WHERE cso.id = ANY (%(ids)s::uuid[])
  AND object_type.id = cso.object_type_id
  AND cso.status = 'Normal'
RETURNING cso.id::text, cso.external_id, cso.display_name, object_type.name;

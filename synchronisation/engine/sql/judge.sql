-- name: reject_duplicates
-- Full import: two or more objects of one type with one external ID are all rejected.
-- Reads seen, staged, cso (for the external ID of unchanged ones). Writes rejected, once per row.
WITH duplicate AS (
    SELECT object_type_id, external_id_hash, count(*) AS times
    FROM seen
    GROUP BY object_type_id, external_id_hash
    HAVING count(*) > 1
)
INSERT INTO rejected (
    row_number, source_row, object_type, external_id, external_id_hash, object_type_id, display_name, error_type, message
)
SELECT
    seen.row_number,
    coalesce(staged.source_row, seen.row_number),
    object_type.name,
    coalesce(staged.external_id, cso.external_id),
    seen.external_id_hash,
    seen.object_type_id,
    coalesce(staged.display_name, cso.display_name),
    'DuplicateObject',
    duplicate.times || ' objects of this type came with this external ID; none of them was imported'
FROM duplicate
JOIN seen USING (object_type_id, external_id_hash)
JOIN object_type ON object_type.id = seen.object_type_id
LEFT JOIN staged ON staged.row_number = seen.row_number
LEFT JOIN cso ON cso.object_type_id = seen.object_type_id
             AND cso.external_id_hash = seen.external_id_hash
WHERE NOT EXISTS (SELECT FROM rejected WHERE rejected.row_number = seen.row_number);

-- name: drop_superseded
-- Delta import: the last change to an object counts, also when with it the object is as it was before, or can be taken
-- again. Writes staged with its references, unchanged and rejected.
WITH superseded AS (
    SELECT row_number
    FROM (
        SELECT row_number, row_number < max(row_number) OVER (PARTITION BY object_type_id, external_id_hash) AS earlier
        FROM seen
    ) AS ranked
    WHERE earlier
), dropped_references AS (
    DELETE FROM staged_reference
    USING superseded
    WHERE staged_reference.row_number = superseded.row_number
), dropped_unchanged AS (
    DELETE FROM unchanged
    USING superseded
    WHERE unchanged.row_number = superseded.row_number
), dropped_rejections AS (
    DELETE FROM rejected
    USING superseded
    WHERE rejected.row_number = superseded.row_number
)
DELETE FROM staged
USING superseded
WHERE staged.row_number = superseded.row_number;

-- name: drop_moved_deletes
-- Delta import of several partitions: an object that one of them has no more and another has is not deleted, whichever
-- was read last. Before `drop_superseded`. Writes staged.
DELETE FROM staged AS gone
USING unnest(%(afters)s::bigint[], %(lasts)s::bigint[]) AS part (after, last)
WHERE gone.is_delete
  AND gone.row_number > part.after
  AND gone.row_number <= part.last
  AND EXISTS (
      SELECT
      FROM seen
      LEFT JOIN staged AS other ON other.row_number = seen.row_number
      WHERE seen.object_type_id = gone.object_type_id
        AND seen.external_id_hash = gone.external_id_hash
        AND (seen.row_number <= part.after OR seen.row_number > part.last)
        AND other.is_delete IS NOT TRUE
  );

-- name: recognise_provisioned
-- While the source was read, a synchronisation of another system may have provisioned an object that was read as new.
-- Index: cso_external_id.
UPDATE staged
SET cso_id = cso.id,
    is_new = false
FROM cso
WHERE staged.is_new
  AND cso.object_type_id = staged.object_type_id
  AND cso.external_id_hash = staged.external_id_hash;

-- name: recognise_withdrawn
-- ... or have withdrawn a placeholder that was already recognised. Index: cso_pkey.
UPDATE staged
SET is_new = true
WHERE NOT staged.is_new
  AND NOT EXISTS (SELECT FROM cso WHERE cso.id = staged.cso_id);

-- name: recognise_placeholders
-- A new object whose secondary external ID is that of a placeholder is that placeholder, come true.
-- Index: cso_by_secondary_external_id.
UPDATE staged
SET cso_id = cso.id,
    is_new = false
FROM cso
WHERE staged.is_new
  AND staged.secondary_external_id_hash IS NOT NULL
  AND cso.system_id = %(system)s
  AND cso.secondary_external_id_hash = staged.secondary_external_id_hash
  AND cso.object_type_id = staged.object_type_id
  AND cso.status = 'PendingProvisioning';

-- name: count_missing
-- The numbers a guard judges by, for one object type. One hash join of seen and cso.
SELECT
    (SELECT count(*) FROM seen WHERE object_type_id = %(type)s)
        - (SELECT count(*) FROM rejected WHERE object_type_id = %(type)s AND external_id_hash IS NOT NULL),
    count(*),
    count(*) FILTER (WHERE read.external_id_hash IS NULL),
    (SELECT count(*) FROM rejected WHERE object_type = %(type_name)s AND external_id_hash IS NULL)
FROM cso
LEFT JOIN (
    SELECT DISTINCT external_id_hash
    FROM seen
    WHERE object_type_id = %(type)s
) AS read USING (external_id_hash)
WHERE cso.system_id = %(system)s
  AND cso.object_type_id = %(type)s
  AND cso.status <> 'PendingProvisioning'
  AND (%(partition)s::integer IS NULL OR cso.partition_id = %(partition)s);

-- name: queue_missing
-- The objects of one type that were not read and are not obsolete yet. A create that was sent and not read is
-- unconfirmed, not obsolete: placeholders are never missing.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'missing', (SELECT coalesce(min(ordinal), 0) FROM work) - row_number() OVER (), cso.id
FROM cso
WHERE cso.system_id = %(system)s
  AND cso.object_type_id = %(type)s
  AND cso.status = 'Normal'
  AND (%(partition)s::integer IS NULL OR cso.partition_id = %(partition)s)
  AND NOT EXISTS (
      SELECT
      FROM seen
      WHERE seen.object_type_id = cso.object_type_id
        AND seen.external_id_hash = cso.external_id_hash
  );

-- name: queue_unselected
-- Objects of types that are no longer selected leave with a full import of the whole system.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'missing', (SELECT coalesce(min(ordinal), 0) FROM work) - row_number() OVER (), cso.id
FROM cso
JOIN object_type ON object_type.id = cso.object_type_id
WHERE cso.system_id = %(system)s
  AND NOT object_type.selected
  AND cso.status = 'Normal';

-- name: queue_moved
-- Objects that came from another partition so far, and were read in this one as they were or cannot be imported.
INSERT INTO work (phase, ordinal, object_id)
SELECT %(phase)s, row_number() OVER (ORDER BY cso.id), cso.id
FROM cso
WHERE cso.system_id = %(system)s
  AND cso.partition_id IS DISTINCT FROM %(partition)s
  AND cso.status = 'Normal'
  AND EXISTS (
      SELECT
      FROM unchanged
      WHERE unchanged.object_type_id = cso.object_type_id
        AND unchanged.external_id_hash = cso.external_id_hash
        AND unchanged.row_number > %(after)s
        AND unchanged.row_number <= %(last)s
  );

-- name: number_missing
-- Give the missing their order: by external ID over all types.
WITH numbered AS (
    SELECT work.ordinal, row_number() OVER (ORDER BY cso.external_id COLLATE "C", cso.id) AS place
    FROM work
    JOIN cso ON cso.id = work.object_id
    WHERE work.phase = 'missing'
)
UPDATE work
SET phase = 'obsolete',
    ordinal = numbered.place
FROM numbered
WHERE work.phase = 'missing'
  AND work.ordinal = numbered.ordinal;

-- name: note_named
-- What the references that objects gained name by external ID, as it will be when all is applied: the only object that
-- has it then and is not obsolete. Where that is no single one, resolving decides. Judging anew begins anew.
TRUNCATE named;
INSERT INTO named (text_hash, cso_id)
WITH accepted AS (
    SELECT cso_id, external_id_hash, is_delete
    FROM staged
    WHERE NOT EXISTS (SELECT FROM rejected WHERE rejected.row_number = staged.row_number)
), answer AS (
    SELECT external_id_hash, cso_id
    FROM accepted
    WHERE NOT is_delete
    UNION ALL
    SELECT cso.external_id_hash, cso.id
    FROM cso
    WHERE cso.system_id = %(system)s
      AND cso.status <> 'Obsolete'
      AND NOT EXISTS (SELECT FROM accepted WHERE accepted.cso_id = cso.id)
      AND NOT EXISTS (SELECT FROM work WHERE work.phase = 'obsolete' AND work.object_id = cso.id)
)
SELECT wanted.text_hash, min(answer.cso_id::text)::uuid
FROM (SELECT DISTINCT text_hash FROM staged_reference WHERE NOT is_lost) AS wanted
JOIN answer ON answer.external_id_hash = wanted.text_hash
GROUP BY wanted.text_hash
HAVING count(*) = 1;

-- name: count_import
-- Objects that were read as they were, and not rejected.
SELECT count(*)
FROM unchanged
WHERE NOT EXISTS (SELECT FROM rejected WHERE rejected.row_number = unchanged.row_number);

-- name: remember_rejected
-- Rejected objects, each once; whether each was remembered before. Reads rejected between the page's bounds.
-- Index: rejected_object_once.
INSERT INTO rejected_object (
    system_id, partition_id, object_type_id, object_type, external_id, external_id_hash, error_type
)
SELECT DISTINCT ON (object_type_id, coalesce(external_id_hash::text, row_number::text))
    %(system)s, %(partition)s, object_type_id, coalesce(object_type, ''), external_id, external_id_hash, error_type
FROM rejected
WHERE row_number > %(after)s
  AND row_number <= %(last)s
ORDER BY object_type_id, coalesce(external_id_hash::text, row_number::text), row_number DESC
ON CONFLICT (object_type_id, external_id_hash) DO UPDATE
SET partition_id = excluded.partition_id,
    error_type = excluded.error_type
RETURNING xmax::text <> '0';

-- name: any_remembered
-- Whether a delta import of this system has rejected anything. Reads rejected_object, which is small.
SELECT 1
FROM rejected_object
WHERE system_id = %(system)s
LIMIT 1;

-- name: forget_accepted
-- Objects that this import has taken, and whatever a full one read and did not reject; what nobody can name goes with
-- full ones alone. One hash join of the few with what was read.
DELETE FROM rejected_object AS remembered
WHERE remembered.system_id = %(system)s
  AND NOT EXISTS (
      SELECT
      FROM rejected
      WHERE rejected.object_type_id = remembered.object_type_id
        AND rejected.external_id_hash = remembered.external_id_hash
  )
  AND (
      (%(full)s AND (%(partition)s::integer IS NULL OR remembered.partition_id = %(partition)s))
      OR EXISTS (
          SELECT
          FROM staged
          WHERE staged.object_type_id = remembered.object_type_id
            AND staged.external_id_hash = remembered.external_id_hash
            AND NOT staged.is_partial
      )
      OR (
          NOT %(updates)s
          AND EXISTS (
              SELECT
              FROM unchanged
              WHERE unchanged.object_type_id = remembered.object_type_id
                AND unchanged.external_id_hash = remembered.external_id_hash
          )
      )
  );

-- name: remembered
-- How many are remembered, and the names of the first.
SELECT
    count(*),
    (array_agg(name ORDER BY place))[1:%(limit)s]
FROM (
    SELECT
        object_type
            || coalesce(' ''' || external_id || '''', ' without a readable external ID')
            || ' (' || error_type || ')' AS name,
        row_number() OVER (ORDER BY object_type, external_id COLLATE "C", id) AS place
    FROM rejected_object
    WHERE system_id = %(system)s
      AND (%(partition)s::integer IS NULL OR partition_id = %(partition)s)
) AS named;

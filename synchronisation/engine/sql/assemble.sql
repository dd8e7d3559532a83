-- name: any_piece
-- Whether anything was read that is not a whole object.
SELECT 1
FROM staged_piece
LIMIT 1;

-- name: index_staged_references
-- For look-ups of single values, which nothing but pieces needs. Writes no rows.
CREATE INDEX IF NOT EXISTS staged_reference_by_value ON staged_reference (row_number, attribute_id, text_hash);

-- name: next_pieces
-- The pieces of the next objects, each object's in the order in which they were read. Index: staged_piece_pkey.
SELECT
    piece.object_type_id, replace(piece.external_id_hash::text, '-', ''), piece.row_number, piece.source_row,
    piece.external_id, piece.content::text
FROM (
    SELECT DISTINCT object_type_id, external_id_hash
    FROM staged_piece
    WHERE (object_type_id, external_id_hash) > (%(type)s, %(hash)s::uuid)
    ORDER BY object_type_id, external_id_hash
    LIMIT %(limit)s
) AS next
JOIN staged_piece AS piece USING (object_type_id, external_id_hash)
ORDER BY piece.object_type_id, piece.external_id_hash, piece.row_number;

-- name: known_objects
-- What the connector space has of some objects. Index: cso_external_id.
SELECT
    cso.object_type_id, replace(cso.external_id_hash::text, '-', ''), cso.id::text, cso.status,
    replace(cso.fingerprint::text, '-', ''), replace(cso.reference_fingerprint::text, '-', ''), cso.document::text
FROM unnest(%(types)s::integer[], %(hashes)s::uuid[]) AS wanted (object_type_id, external_id_hash)
JOIN cso USING (object_type_id, external_id_hash);

-- name: assembled_references
-- What the pieces of a page's objects say about references, each value once: the last word about it counts, and nothing
-- that was said before its attribute was replaced. Reads piece_of (temporary). Index: piece_reference_by_row.
WITH step AS (
    SELECT
        piece_of.final_row, reference.attribute_id, reference.text, reference.is_removal, reference.row_number,
        max(reference.row_number) FILTER (WHERE reference.text IS NULL)
            OVER (PARTITION BY piece_of.final_row, reference.attribute_id) AS replaced_at
    FROM piece_of
    JOIN piece_reference AS reference USING (row_number)
)
SELECT DISTINCT ON (final_row, attribute_id, text) final_row, attribute_id, text, is_removal
FROM step
WHERE text IS NOT NULL
  AND (replaced_at IS NULL OR row_number >= replaced_at)
ORDER BY final_row, attribute_id, text, row_number DESC, is_removal;

-- name: remove_replaced
-- Values that partial updates replaced and do not name again are lost, and whatever an object that came whole does not
-- name. Reads piece_of (temporary), staged_reference by value. Index: cso_reference_pkey.
WITH replaced AS (
    SELECT DISTINCT piece_of.final_row, piece_of.cso_id, step.attribute_id
    FROM piece_of
    JOIN piece_reference AS step USING (row_number)
    WHERE step.text IS NULL
      AND NOT piece_of.is_whole
    UNION ALL
    SELECT DISTINCT final_row, cso_id, NULL::integer
    FROM piece_of
    WHERE is_whole
)
INSERT INTO staged_reference (row_number, attribute_id, text, text_hash, is_lost)
SELECT replaced.final_row, reference.attribute_id, reference.text, reference.text_hash, true
FROM replaced
JOIN cso_reference AS reference ON reference.cso_id = replaced.cso_id
                               AND reference.attribute_id = coalesce(replaced.attribute_id, reference.attribute_id)
WHERE NOT EXISTS (
    SELECT
    FROM staged_reference AS named
    WHERE named.row_number = replaced.final_row
      AND named.attribute_id = reference.attribute_id
      AND named.text_hash = reference.text_hash
);

-- name: drop_idle_changes
-- Adding what is there and removing what is not changes nothing. Reads piece_of (temporary).
-- Reads staged_reference by value. Index: cso_reference_pkey.
DELETE FROM staged_reference AS change
USING (SELECT DISTINCT final_row, cso_id FROM piece_of WHERE cso_id IS NOT NULL) AS object
WHERE change.row_number = object.final_row
  AND change.is_lost <> EXISTS (
      SELECT
      FROM cso_reference AS reference
      WHERE reference.cso_id = object.cso_id
        AND reference.attribute_id = change.attribute_id
        AND reference.text_hash = change.text_hash
  );

-- name: net_changes
-- What the page's partial updates change of references. Reads piece_of (temporary), staged_reference by value.
SELECT change.row_number, change.attribute_id, change.text, change.is_lost
FROM (SELECT DISTINCT final_row FROM piece_of WHERE NOT is_whole) AS object
JOIN staged_reference AS change ON change.row_number = object.final_row
ORDER BY change.row_number;

-- name: mark_partial
-- Objects of which only what changed was read. Index: staged_pkey.
UPDATE staged
SET is_partial = true
WHERE row_number = ANY (%(rows)s::bigint[]);

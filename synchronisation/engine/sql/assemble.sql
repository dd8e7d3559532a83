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
-- that was said before its attribute was replaced. rows: of some objects only; null: of all. Reads piece_of (temporary).
-- Index: piece_reference_by_row.
WITH step AS (
    SELECT
        piece_of.final_row, reference.attribute_id, reference.text, reference.is_removal, reference.row_number,
        max(reference.row_number) FILTER (WHERE reference.text IS NULL)
            OVER (PARTITION BY piece_of.final_row, reference.attribute_id) AS replaced_at
    FROM piece_of
    JOIN piece_reference AS reference USING (row_number)
    WHERE %(rows)s::bigint[] IS NULL
       OR piece_of.final_row = ANY (%(rows)s::bigint[])
)
SELECT DISTINCT ON (final_row, attribute_id, text) final_row, attribute_id, text, is_removal
FROM step
WHERE text IS NOT NULL
  AND (replaced_at IS NULL OR row_number >= replaced_at)
ORDER BY final_row, attribute_id, text, row_number DESC, is_removal;

-- name: remove_replaced
-- Values that partial updates replaced and do not name again are lost. Reads piece_of (temporary).
-- Index: cso_reference_pkey, staged_change_by_row.
INSERT INTO staged_change (row_number, attribute_id, text, text_hash, name_hash, is_removal)
SELECT replaced.final_row, reference.attribute_id, reference.text, reference.text_hash, reference.name_hash, true
FROM (
    SELECT DISTINCT piece_of.final_row, piece_of.cso_id, step.attribute_id
    FROM piece_of
    JOIN piece_reference AS step USING (row_number)
    WHERE step.text IS NULL
      AND NOT piece_of.is_whole
) AS replaced
JOIN cso_reference AS reference ON reference.cso_id = replaced.cso_id
                               AND reference.attribute_id = replaced.attribute_id
WHERE NOT EXISTS (
    SELECT
    FROM staged_change AS named
    WHERE named.row_number = replaced.final_row
      AND named.attribute_id = replaced.attribute_id
      AND named.text_hash = reference.text_hash
);

-- name: drop_idle_changes
-- Adding what is there and removing what is not changes nothing. Reads piece_of (temporary).
-- Index: staged_change_by_row, cso_reference_pkey.
DELETE FROM staged_change AS change
USING (SELECT DISTINCT final_row, cso_id FROM piece_of WHERE NOT is_whole) AS object
WHERE change.row_number = object.final_row
  AND change.is_removal <> EXISTS (
      SELECT
      FROM cso_reference AS reference
      WHERE reference.cso_id = object.cso_id
        AND reference.attribute_id = change.attribute_id
        AND reference.text_hash = change.text_hash
  );

-- name: net_changes
-- What the page's partial updates change of references. Reads piece_of (temporary). Index: staged_change_by_row.
SELECT change.row_number, change.attribute_id, change.text, change.is_removal
FROM (SELECT DISTINCT final_row FROM piece_of WHERE NOT is_whole) AS object
JOIN staged_change AS change ON change.row_number = object.final_row
ORDER BY change.row_number;

-- name: mark_partial
-- Objects of which only what changed was read. Index: staged_pkey.
UPDATE staged
SET is_partial = true
WHERE row_number = ANY (%(rows)s::bigint[]);

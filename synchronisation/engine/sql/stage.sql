-- name: forget_read
-- An interrupted reading begins anew.
TRUNCATE unchanged, staged, staged_reference, staged_piece, piece_reference, staged_change, rejected;

-- name: compare_page
-- Which objects of one page are new or differ from the connector space, with the object each is; the others go to
-- `unchanged`. Index: cso_external_id.
WITH compared AS (
    SELECT
        page.row_number,
        page.object_type_id,
        page.external_id_hash,
        cso.id,
        cso.status = 'Normal'
            AND cso.fingerprint = page.fingerprint
            AND cso.reference_fingerprint IS NOT DISTINCT FROM page.reference_fingerprint AS is_unchanged
    FROM unnest(
        %(row_numbers)s::bigint[],
        %(types)s::integer[],
        %(hashes)s::uuid[],
        %(fingerprints)s::uuid[],
        %(reference_fingerprints)s::uuid[]
    ) AS page (row_number, object_type_id, external_id_hash, fingerprint, reference_fingerprint)
    LEFT JOIN cso USING (object_type_id, external_id_hash)
), kept AS (
    INSERT INTO unchanged (row_number, object_type_id, external_id_hash)
    SELECT row_number, object_type_id, external_id_hash
    FROM compared
    WHERE is_unchanged
)
SELECT row_number, id::text
FROM compared
WHERE is_unchanged IS NOT TRUE;

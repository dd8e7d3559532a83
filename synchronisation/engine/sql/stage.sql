-- name: forget_read
-- An interrupted reading begins anew.
TRUNCATE unchanged, staged, staged_reference, staged_piece, piece_reference, rejected;

-- name: compare_page
-- Which objects of one page are new or differ from the connector space, with the object each is and whether its
-- references differ; the others go to `unchanged`. Index: cso_external_id.
WITH compared AS (
    SELECT
        page.row_number,
        page.object_type_id,
        page.external_id_hash,
        cso.id,
        cso.reference_fingerprint IS DISTINCT FROM page.reference_fingerprint AS references_differ,
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
SELECT row_number, id::text, references_differ
FROM compared
WHERE is_unchanged IS NOT TRUE;

-- name: references_of
-- All references of these objects, by attribute. Index: cso_reference_pkey.
SELECT cso_id::text, attribute_id, json_agg(text)::text
FROM cso_reference
WHERE cso_id = ANY (%(ids)s::uuid[])
GROUP BY cso_id, attribute_id;

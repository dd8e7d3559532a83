-- name: compare_page
-- Which objects of one page are new or differ from the connector space, if only in the partition they were read in,
-- with the object each is; the others go to `unchanged`. Index: cso_external_id.
WITH compared AS (
    SELECT
        page.row_number,
        page.object_type_id,
        page.external_id_hash,
        cso.id,
        cso.status = 'Normal'
            AND cso.fingerprint = page.fingerprint
            AND cso.partition_id IS NOT DISTINCT FROM %(partition)s
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

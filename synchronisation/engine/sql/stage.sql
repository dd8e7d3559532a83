-- name: any_cso_of_type
-- Whether the connector space holds anything of a type. Index: cso_external_id.
SELECT 1
FROM cso
WHERE object_type_id = %(type)s
LIMIT 1;

-- name: compare_page
-- Which objects of one page are new or differ from the connector space, with the object each is; the others go to
-- `unchanged`. Reads read_page (temporary). Index: cso_external_id.
WITH compared AS (
    SELECT
        page.row_number,
        page.external_id_hash,
        cso.id,
        NOT page.is_delete
            AND cso.status = 'Normal'
            AND cso.fingerprint = page.fingerprint
            AND cso.reference_fingerprint IS NOT DISTINCT FROM page.reference_fingerprint AS is_unchanged
    FROM read_page AS page
    LEFT JOIN cso ON cso.object_type_id = %(type)s
                 AND cso.external_id_hash = page.external_id_hash
), kept AS (
    INSERT INTO unchanged (row_number, object_type_id, external_id_hash)
    SELECT row_number, %(type)s, external_id_hash
    FROM compared
    WHERE is_unchanged
)
SELECT row_number, id::text
FROM compared
WHERE is_unchanged IS NOT TRUE;

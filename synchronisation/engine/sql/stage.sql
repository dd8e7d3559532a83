-- name: any_cso_of_type
-- Whether the connector space holds anything of a type. Index: cso_external_id.
SELECT 1
FROM cso
WHERE object_type_id = %(type)s
LIMIT 1;

-- name: known_objects
-- What the connector space knows of one page of objects, hashes as hex text. Index: cso_external_id.
SELECT
    replace(cso.external_id_hash::text, '-', ''),
    cso.id::text,
    replace(cso.fingerprint::text, '-', ''),
    replace(cso.reference_fingerprint::text, '-', ''),
    cso.status = 'Normal'
FROM unnest(%(hashes)s::uuid[]) AS wanted (external_id_hash)
JOIN cso ON cso.object_type_id = %(type)s
        AND cso.external_id_hash = wanted.external_id_hash;

-- name: load_csos
-- The active objects of one page in order, with the MVO each is joined to. Index: cso_pkey, cso_join_pkey.
SELECT
    cso.id::text, cso.object_type_id, cso.external_id, cso.display_name, cso.document::text, cso.deprovisioned,
    cso_join.mvo_id::text
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (cso_id, place)
JOIN cso ON cso.id = wanted.cso_id
LEFT JOIN cso_join ON cso_join.cso_id = cso.id
WHERE cso.status = 'Normal'
ORDER BY wanted.place;

-- name: load_match_keys
-- At most `limit` MVOs for each (rule, key). Index: mvo_match_key_once.
SELECT wanted.rule_id, replace(wanted.key::text, '-', ''), answer.mvo_id::text
FROM unnest(%(rules)s::integer[], %(keys)s::uuid[]) AS wanted (rule_id, key)
CROSS JOIN LATERAL (
    SELECT mvo_match_key.mvo_id
    FROM mvo_match_key
    WHERE mvo_match_key.rule_id = wanted.rule_id
      AND mvo_match_key.key = wanted.key
    LIMIT %(limit)s
) AS answer;

-- name: answering_mvos
-- All MVOs that answer to one key. Index: mvo_match_key_once.
SELECT mvo_id::text
FROM mvo_match_key
WHERE rule_id = %(rule)s
  AND key = %(key)s::uuid;

-- name: load_mvos
-- Index: mvo_pkey.
SELECT
    id::text, type_id, document::text, holders::text, deletion_eligible IS NOT NULL,
    coalesce(deletion_marked_by, '{}'), status = 'Obsolete'
FROM mvo
WHERE id = ANY (%(ids)s::uuid[]);

-- name: load_accounts
-- The CSOs of MVOs in some systems (null: in all), with their pending exports.
-- Index: cso_join_one_per_system, cso_pkey, pending_export_cso_id_key.
SELECT
    cso_join.mvo_id::text, cso.id::text, cso_join.system_id, cso.object_type_id, cso.status, cso_join.type,
    cso_join.rule_id, cso.document::text, cso.external_id, cso.display_name,
    export.id::text, export.change_type, export.status, export.pending::text, export.sent::text, export.error_count,
    export.last_attempted IS NOT NULL
FROM unnest(%(ids)s::uuid[]) AS wanted (mvo_id)
JOIN cso_join ON cso_join.mvo_id = wanted.mvo_id
JOIN cso ON cso.id = cso_join.cso_id
LEFT JOIN pending_export AS export ON export.cso_id = cso.id
WHERE (%(systems)s::integer[] IS NULL OR cso_join.system_id = ANY (%(systems)s::integer[]));

-- name: load_contributors
-- The active CSOs that are joined to MVOs, in all systems. Index: cso_join_one_per_system, cso_pkey.
SELECT cso_join.mvo_id::text, cso.system_id, cso.object_type_id, cso.document::text
FROM unnest(%(ids)s::uuid[]) AS wanted (mvo_id)
JOIN cso_join ON cso_join.mvo_id = wanted.mvo_id
JOIN cso ON cso.id = cso_join.cso_id
WHERE cso.status = 'Normal';

-- name: any_unjoined_key
-- Whether any object without an MVO is known by its match keys. Index: cso_match_key_once.
SELECT 1
FROM cso_match_key
LIMIT 1;

-- name: load_unjoined
-- Active objects without an MVO that answer to a match key, at most `limit` for each (null: all), as accounts that are
-- not joined yet. Index: cso_match_key_once, cso_pkey, cso_join_pkey, pending_export_cso_id_key.
SELECT
    wanted.rule_id, replace(wanted.key::text, '-', ''), answer.id::text, answer.system_id, answer.object_type_id,
    answer.status, 'Joined', NULL, answer.document::text, answer.external_id, answer.display_name,
    export.id::text, export.change_type, export.status, export.pending::text, export.sent::text, export.error_count,
    export.last_attempted IS NOT NULL
FROM unnest(%(rules)s::integer[], %(keys)s::uuid[]) AS wanted (rule_id, key)
CROSS JOIN LATERAL (
    SELECT cso.*
    FROM cso_match_key
    JOIN cso ON cso.id = cso_match_key.cso_id
    WHERE cso_match_key.rule_id = wanted.rule_id
      AND cso_match_key.key = wanted.key
      AND cso.status = 'Normal'
      AND NOT EXISTS (SELECT FROM cso_join WHERE cso_join.cso_id = cso.id)
    LIMIT %(limit)s
) AS answer
LEFT JOIN pending_export AS export ON export.cso_id = answer.id;

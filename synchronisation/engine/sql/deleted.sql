-- name: note_deleted_csos
-- What is kept of objects that go, before they do. Index: cso_pkey.
INSERT INTO deleted_cso (
    id, system_id, system_name, object_type, external_id, display_name, deleted, initiated_by_type, initiated_by_name
)
SELECT
    cso.id, cso.system_id, system.name, object_type.name, cso.external_id, cso.display_name, %(now)s::timestamptz,
    activity.initiated_by_type, activity.initiated_by_name
FROM cso
JOIN connected_system AS system ON system.id = cso.system_id
JOIN object_type ON object_type.id = cso.object_type_id
JOIN activity ON activity.id = %(activity)s
WHERE cso.id = ANY (%(ids)s::uuid[])
ON CONFLICT (id) DO NOTHING;

-- name: note_deleted_mvos
-- What is kept of MVOs that go, before they do; now: null for those that stay, as obsolete, until their accounts are gone.
-- Who caused that is known when they go. Index: mvo_pkey, deleted_mvo_pkey.
INSERT INTO deleted_mvo (id, type_id, object_type, display_name, deleted, initiated_by_type, initiated_by_name)
SELECT
    mvo.id, mvo.type_id, kind.name, mvo.display_name, %(now)s::timestamptz, activity.initiated_by_type, activity.initiated_by_name
FROM mvo
LEFT JOIN metaverse_object_type AS kind ON kind.id = mvo.type_id
JOIN activity ON activity.id = %(activity)s
WHERE mvo.id = ANY (%(ids)s::uuid[])
ON CONFLICT (id) DO UPDATE
SET deleted = excluded.deleted;

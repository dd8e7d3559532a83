-- name: queue_system
-- Every object of a system, in external ID order. Index: cso_by_change_number.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'obsolete', row_number() OVER (ORDER BY external_id COLLATE "C", id), id
FROM cso
WHERE system_id = %(system)s;

-- name: forget_holders
-- Values of the MVOs that these objects are joined to stay; their system holds them no longer.
-- Index: cso_join_pkey, mvo_pkey.
UPDATE mvo
SET holders = (
    SELECT coalesce(jsonb_agg(holder), '[]')
    FROM jsonb_array_elements(mvo.holders) AS holder
    WHERE (holder ->> 0)::integer <> %(system)s
)
FROM cso_join
WHERE cso_join.cso_id = ANY (%(ids)s::uuid[])
  AND mvo.id = cso_join.mvo_id
  AND mvo.holders @> jsonb_build_array(jsonb_build_array(%(system)s::integer));

-- name: release_references
-- The same of references. Index: cso_join_pkey, mvo_reference_pkey.
UPDATE mvo_reference
SET system_id = NULL,
    rule_id = NULL
FROM cso_join
WHERE cso_join.cso_id = ANY (%(ids)s::uuid[])
  AND mvo_reference.mvo_id = cso_join.mvo_id
  AND mvo_reference.system_id = %(system)s;

-- name: cut_joins
-- Without a note for references: those of the metaverse stay, and accounts of other systems refer to none of these.
-- Index: cso_join_pkey.
DELETE FROM cso_join
WHERE cso_id = ANY (%(ids)s::uuid[]);

-- name: forget_system_rows
-- What is left of a system once its objects are gone. Index: removed_reference_by_system.
WITH left_overs AS (
    DELETE FROM left_over
    WHERE system_id = %(system)s
), removed AS (
    DELETE FROM removed_reference
    WHERE system_id = %(system)s
), changed AS (
    DELETE FROM changed_join
    WHERE system_id = %(system)s
), rejected AS (
    DELETE FROM rejected_object
    WHERE system_id = %(system)s
)
DELETE FROM watermark
WHERE system_id = %(system)s;

-- name: remove_match_keys_of_system
-- Keys by which objects of the system were found, or found their MVO.
-- Index: mvo_match_key_once, cso_match_key_once.
WITH rules AS (
    SELECT matching_rule.id
    FROM matching_rule
    JOIN object_type ON object_type.id = matching_rule.object_type_id
    WHERE object_type.system_id = %(system)s
), cso_keys AS (
    DELETE FROM cso_match_key
    WHERE rule_id IN (SELECT id FROM rules)
)
DELETE FROM mvo_match_key
WHERE rule_id IN (SELECT id FROM rules);

-- name: close_priority_gaps
-- The import mappings of each attribute that are left, numbered from 1 in the order they had.
UPDATE sync_rule_mapping AS mapping
SET priority = numbered.place
FROM (
    SELECT
        contributor.id,
        row_number() OVER (
            PARTITION BY rule.metaverse_object_type_id, contributor.target_metaverse_attribute_id
            ORDER BY contributor.priority, contributor.id
        ) AS place
    FROM sync_rule_mapping AS contributor
    JOIN sync_rule AS rule ON rule.id = contributor.rule_id
    WHERE contributor.target_metaverse_attribute_id IS NOT NULL
) AS numbered
WHERE mapping.id = numbered.id
  AND mapping.priority IS DISTINCT FROM numbered.place;

-- name: history_runs
-- The runs of a system that changed something, as long as their details are kept. Index: activity_by_system.
SELECT activity.id::text, date_trunc('month', activity.created AT TIME ZONE 'UTC')::date, progress.item_count
FROM activity
JOIN activity_progress AS progress ON progress.activity_id = activity.id
WHERE activity.connected_system_id = %(system)s
  AND activity.target_type = 'ConnectedSystemRunProfile'
  AND progress.item_count > 0
ORDER BY activity.id;

-- name: remove_details
-- What one run changed in the objects of some of its items. Index: execution_item_detail_pkey.
DELETE FROM execution_item_detail
WHERE month = %(month)s
  AND activity_id = %(run)s
  AND ordinal >= %(first)s
  AND ordinal < %(last)s;

-- name: remove_deleted_csos
-- What was kept of deleted objects of a system. Index: deleted_cso_by_system.
DELETE FROM deleted_cso
WHERE system_id = %(system)s;

-- name: count_losing_mvos
-- What deletion rules will be asked of the MVOs that have an object of the system: by rule, how many there are, how many
-- have objects elsewhere, and how many of those hold them (`rules.deletion.is_connector`). Hash joins of whole tables.
SELECT
    kind.deletion_rule,
    coalesce(kind.deletion_grace_period > interval '0', false) AS has_grace,
    EXISTS (
        SELECT
        FROM metaverse_object_type_deletion_trigger_systems AS authority
        WHERE authority.metaverseobjecttype_id = kind.id
          AND authority.connectedsystem_id = %(system)s
    ) AS is_trigger,
    count(*),
    count(other.mvo_id),
    count(*) FILTER (WHERE other.holds)
FROM cso_join AS own
JOIN mvo ON mvo.id = own.mvo_id
        AND mvo.status = 'Normal'
JOIN metaverse_object_type AS kind ON kind.id = mvo.type_id
LEFT JOIN (
    SELECT
        cso_join.mvo_id,
        bool_or(cso.status <> 'PendingProvisioning' AND export.change_type IS DISTINCT FROM 'Delete') AS holds
    FROM cso_join
    JOIN cso ON cso.id = cso_join.cso_id
    LEFT JOIN pending_export AS export ON export.cso_id = cso.id
    WHERE cso_join.system_id <> %(system)s
    GROUP BY cso_join.mvo_id
) AS other ON other.mvo_id = own.mvo_id
WHERE own.system_id = %(system)s
GROUP BY kind.id, kind.deletion_rule, has_grace;

-- name: count_details
-- What runs of a system changed in objects, as long as it is kept. Index: activity_by_system, execution_item_detail_pkey.
SELECT count(*)
FROM activity
JOIN execution_item_detail AS detail
    ON detail.month = date_trunc('month', activity.created AT TIME ZONE 'UTC')::date
    AND detail.activity_id = activity.id
WHERE activity.connected_system_id = %(system)s
  AND activity.target_type = 'ConnectedSystemRunProfile';

-- name: count_freed
-- How many CSOs left their MVO in this run.
SELECT count(*)
FROM freed;

-- name: freed_page
-- The next of them, in order. Index: freed_pkey.
SELECT ordinal, mvo_id::text, cso_id::text, external_id, display_name, object_type, object_type_id, outcome
FROM freed
WHERE ordinal > %(after)s
ORDER BY ordinal
LIMIT %(limit)s;

-- name: lost_account_page
-- The next identities from which the rules took an account, with the items that told of it.
-- Index: lost_account_pkey, execution_item_pkey, execution_item_detail_pkey.
SELECT
    lost.ordinal, lost.mvo_id::text, lost.system_id, item.ordinal, item.cso_id::text, item.external_id,
    item.display_name, item.object_type, item.change_type, item.error_type, item.outcome_summary, detail.outcomes::text
FROM lost_account AS lost
JOIN execution_item AS item ON item.month = %(month)s
                           AND item.activity_id = %(activity)s
                           AND item.ordinal = lost.item
LEFT JOIN execution_item_detail AS detail ON detail.month = item.month
                                         AND detail.activity_id = item.activity_id
                                         AND detail.ordinal = item.ordinal
WHERE lost.ordinal > %(after)s
ORDER BY lost.ordinal
LIMIT %(limit)s;

-- name: mark_for_deletion
-- Housekeeping deletes them later, when their rule still fires. A mark that is there stays, and names this loss too.
-- Index: mvo_pkey.
UPDATE mvo
SET deletion_eligible = coalesce(mvo.deletion_eligible, marked.eligible),
    deletion_marked_by = mvo.deletion_marked_by
        || ARRAY(SELECT unnest(marked.systems) EXCEPT SELECT unnest(mvo.deletion_marked_by)),
    last_connector_disconnected = %(now)s
FROM (
    SELECT id, min(eligible) AS eligible, array_agg(system_id) AS systems
    FROM unnest(%(ids)s::uuid[], %(eligible)s::timestamptz[], %(systems)s::integer[]) AS lost (id, eligible, system_id)
    GROUP BY id
) AS marked
WHERE mvo.id = marked.id;

-- name: shorten_marks
-- MVOs of which one system that marked them is back; another is not. Index: mvo_pkey.
UPDATE mvo
SET deletion_marked_by = array_remove(deletion_marked_by, returned.system_id)
FROM unnest(%(ids)s::uuid[], %(systems)s::integer[]) AS returned (id, system_id)
WHERE mvo.id = returned.id;

-- name: clear_marks
-- MVOs that were joined again within their grace period. Index: mvo_pkey.
UPDATE mvo
SET deletion_eligible = NULL,
    deletion_marked_by = NULL,
    last_connector_disconnected = NULL
WHERE id = ANY (%(ids)s::uuid[]);

-- name: make_obsolete
-- Deleted MVOs that stay until the deletes of their accounts have been exported. Index: mvo_pkey.
UPDATE mvo
SET status = 'Obsolete',
    last_updated = %(now)s,
    last_connector_disconnected = coalesce(last_connector_disconnected, %(now)s)
WHERE id = ANY (%(ids)s::uuid[]);

-- name: remove_finished_mvos
-- Obsolete MVOs whose last account is gone; their records say when. Index: mvo_obsolete, cso_join_one_per_system,
-- deleted_mvo_pkey.
WITH finished AS (
    DELETE FROM mvo
    WHERE id = ANY (%(ids)s::uuid[])
      AND status = 'Obsolete'
      AND NOT EXISTS (SELECT FROM cso_join WHERE cso_join.mvo_id = mvo.id)
    RETURNING id
)
UPDATE deleted_mvo
SET deleted = %(now)s
FROM finished
WHERE deleted_mvo.id = finished.id;

-- name: queue_due_deletions
-- Marked MVOs whose grace period is over, longest due first. Index: mvo_marked.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'deletion', row_number() OVER (ORDER BY deletion_eligible, id), id
FROM mvo
WHERE deletion_eligible <= %(now)s
  AND status = 'Normal';

-- name: joined_mvos
-- Whose CSOs these are. Index: cso_join_pkey.
SELECT DISTINCT mvo_id::text
FROM cso_join
WHERE cso_id = ANY (%(ids)s::uuid[]);

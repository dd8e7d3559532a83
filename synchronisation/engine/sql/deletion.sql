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

-- name: mark_for_deletion
-- Housekeeping deletes them later, when their rule still fires. A mark that is there stays. Index: mvo_pkey.
UPDATE mvo
SET deletion_eligible = coalesce(deletion_eligible, marked.eligible),
    deletion_marked_by = coalesce(deletion_marked_by, %(system)s),
    last_connector_disconnected = %(now)s
FROM unnest(%(ids)s::uuid[], %(eligible)s::timestamptz[]) AS marked (id, eligible)
WHERE mvo.id = marked.id;

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

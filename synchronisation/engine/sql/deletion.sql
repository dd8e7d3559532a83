-- name: count_freed
-- How many CSOs left their MVO in this run.
SELECT count(*)
FROM freed;

-- name: freed_page
-- The next of them, in order. Index: freed_pkey.
SELECT ordinal, mvo_id::text, cso_id::text, external_id, display_name, object_type
FROM freed
WHERE ordinal > %(after)s
ORDER BY ordinal
LIMIT %(limit)s;

-- name: mark_for_deletion
-- Housekeeping deletes them later, when their rule still fires. A mark that is there stays. Index: mvo_pkey.
UPDATE mvo
SET deletion_eligible = coalesce(deletion_eligible, marked.eligible),
    last_connector_disconnected = %(now)s
FROM unnest(%(ids)s::uuid[], %(eligible)s::timestamptz[]) AS marked (id, eligible)
WHERE mvo.id = marked.id;

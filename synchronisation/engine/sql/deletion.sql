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
-- Housekeeping deletes it later, when its rule still fires. A mark that is there stays.
UPDATE mvo
SET deletion_eligible = coalesce(deletion_eligible, %(eligible)s),
    last_connector_disconnected = %(now)s
WHERE id = %(id)s;

-- name: lock_leases
-- Taking, extending and ending unstarted runs happen one after the other. Held to the end of a short transaction.
-- Does not wait for pages, whose KEY SHARE locks need no more than ROW SHARE on the table. It is held for
-- milliseconds: 10 s mean that something is stuck, and the caller comes again anyway.
SET LOCAL lock_timeout = '10s';
LOCK TABLE run_lease IN SHARE ROW EXCLUSIVE MODE;

-- name: next_fence
-- A number above every fence that was ever given.
SELECT nextval('run_fence');

-- name: hold_leases
-- First statement of every page: taking the run over has to wait for the page, heartbeats do not.
-- Reads run_lease, activity. Locks the run's lease rows in id order, KEY SHARE.
SELECT lease.lease_count, lease.stop_requested, activity.cancel_requested
FROM run_lease AS lease
JOIN activity ON activity.id = lease.activity_id
WHERE lease.activity_id = %(activity)s
  AND lease.fence = %(fence)s
ORDER BY lease.id
FOR KEY SHARE OF lease;

-- name: touch_leases
-- The heartbeat, which brings back what hold_leases does. Writes no key column, so that it never waits for a page.
UPDATE run_lease AS lease
SET heartbeat = now()
FROM activity
WHERE activity.id = lease.activity_id
  AND lease.activity_id = %(activity)s
  AND lease.fence = %(fence)s
RETURNING lease.lease_count, lease.stop_requested, activity.cancel_requested;

-- name: abandoned_schemas
-- The run schemas whose activity is over, or gone: their run ended without dropping them.
SELECT namespace.nspname
FROM pg_namespace AS namespace
WHERE namespace.nspname ~ '^run_[0-9a-f]{32}$'
  AND NOT EXISTS (
    SELECT
    FROM activity
    WHERE activity.id = substr(namespace.nspname, 5)::uuid
      AND activity.status = 'InProgress'
  );

-- name: count_deletes
-- Queued deletes, and the objects of the system they are a share of. Index: pending_export_by_system.
SELECT
    (
        SELECT count(*)
        FROM pending_export
        WHERE system_id = %(system)s
          AND change_type = 'Delete'
          AND status IN ('Pending', 'ExportNotConfirmed', 'Executing')
    ),
    (SELECT count(*) FROM cso WHERE system_id = %(system)s AND status = 'Normal');

-- name: queue_due
-- What is due, creates and updates before deletes; what a crash left Executing is sent again.
-- Index: pending_export_by_system.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'export', row_number() OVER (ORDER BY export.change_type = 'Delete', export.id), export.id
FROM pending_export AS export
JOIN cso ON cso.id = export.cso_id
JOIN object_type ON object_type.id = cso.object_type_id
JOIN attribute ON attribute.object_type_id = object_type.id
              AND attribute.is_external_id
WHERE export.system_id = %(system)s
  AND (%(with_deletes)s OR export.change_type <> 'Delete')
  AND (
      export.status IN ('Pending', 'Executing')
      OR (export.status = 'ExportNotConfirmed' AND (%(by_hand)s OR export.next_retry <= %(now)s))
  );

-- name: outbox_page
-- Exports of the list with their objects: the next ones up to a limit, or (limit null) those up to `last`.
-- Index: work_pkey, pending_export_pkey, cso_pkey.
SELECT
    work.ordinal, export.id::text, cso.id::text, export.mvo_id::text, export.change_type, export.pending::text,
    export.sent::text, export.error_count, export.max_retries, cso.object_type_id, cso.external_id, cso.display_name,
    cso.document::text
FROM work
JOIN pending_export AS export ON export.id = work.object_id
JOIN cso ON cso.id = export.cso_id
WHERE work.phase = 'export'
  AND work.ordinal > %(after)s
  AND (%(last)s::bigint IS NULL OR work.ordinal <= %(last)s)
ORDER BY work.ordinal
LIMIT %(limit)s;

-- name: mark_executing
-- What leaves is frozen in `sent`; where something left before and is unconfirmed, freeze_merged does that.
-- Index: pending_export_pkey.
UPDATE pending_export
SET status = 'Executing',
    last_attempted = %(now)s,
    sent = coalesce(sent, pending),
    pending = CASE WHEN sent IS NULL THEN '{}' ELSE pending END
WHERE id = ANY (%(ids)s::uuid[]);

-- name: freeze_merged
-- What leaves on top of something that is still unconfirmed.
UPDATE pending_export AS export
SET sent = merged_export.sent,
    pending = '{}'
FROM merged_export
WHERE export.id = merged_export.id;

-- name: mark_exported
-- What arrived waits for the confirming import. Index: pending_export_pkey.
UPDATE pending_export
SET status = 'Exported',
    next_retry = NULL,
    last_error_message = NULL
WHERE id = ANY (%(ids)s::uuid[]);

-- name: forget_secrets
-- A secret that has arrived is kept nowhere.
UPDATE pending_export AS export
SET sent = unsealed.sent
FROM unsealed
WHERE export.id = unsealed.id;

-- name: mark_failed
-- What was sent is queued again.
UPDATE pending_export AS export
SET status = failed.status,
    pending = export.sent,
    sent = NULL,
    error_count = failed.error_count,
    next_retry = failed.next_retry,
    last_error_message = failed.message
FROM failed_export AS failed
WHERE export.id = failed.id;

-- name: store_external_ids
-- The identifiers that the target gave its new objects.
UPDATE cso
SET external_id = identified.external_id,
    external_id_hash = identified.external_id_hash
FROM identified
WHERE cso.id = identified.cso_id;

-- name: store_confirmed
-- The target shows what was exported, as its connector vouches.
UPDATE cso
SET status = 'Normal',
    document = confirmed.document,
    fingerprint = confirmed.fingerprint,
    last_updated = %(now)s,
    change_number = nextval('cso_change_number')
FROM confirmed
WHERE cso.id = confirmed.cso_id;

-- name: any_to_confirm
-- Whether an import of this system may find an export in place: one that was sent, one that failed for good, or a
-- create that somebody else was faster with. Deletes are done when the target says so. Index: pending_export_by_system.
SELECT 1
FROM pending_export
WHERE system_id = %(system)s
  AND change_type <> 'Delete'
  AND (sent IS NOT NULL OR status = 'Failed' OR change_type = 'Create')
LIMIT 1;

-- name: confirm_import_page
-- The usual case: the changed object shows every value that was sent (`@>` holds for nothing that is cleared, added,
-- removed or secret), and nothing else is queued, no reference either. Such exports are done; their items say so.
-- Writes import_note (temporary). Reads staged between the page's bounds. Index: pending_export_cso_id_key,
-- pending_export_reference_pkey.
WITH confirmed AS (
    DELETE FROM pending_export AS export
    USING import_page AS page
    JOIN staged USING (row_number)
    WHERE page.change_type = 'Update'
      AND export.cso_id = page.cso_id
      AND export.change_type <> 'Delete'
      AND export.pending = '{}'
      AND export.sent <> '{}'
      AND staged.document @> export.sent
      AND staged.row_number >= (SELECT min(row_number) FROM import_page)
      AND staged.row_number <= (SELECT max(row_number) FROM import_page)
      AND NOT EXISTS (SELECT FROM pending_export_reference AS reference WHERE reference.cso_id = export.cso_id)
    RETURNING export.cso_id, export.id
)
INSERT INTO import_note (cso_id, summary, outcomes)
SELECT
    cso_id,
    'PendingExportConfirmed:1',
    jsonb_set(%(outcomes)s::jsonb, '{0,pendingExportId}', to_jsonb(id))
FROM confirmed;

-- name: exports_of_import_page
-- The other exports of the page's changed objects, with the objects as read, between the page's bounds.
-- Index: pending_export_cso_id_key.
SELECT
    page.cso_id::text, staged.document::text, export.id::text, export.sent::text, export.pending::text,
    export.error_count, export.max_retries
FROM import_page AS page
JOIN staged USING (row_number)
JOIN pending_export AS export ON export.cso_id = page.cso_id
WHERE page.change_type = 'Update'
  AND export.change_type <> 'Delete'
  AND (export.sent IS NOT NULL OR export.status = 'Failed' OR export.change_type = 'Create')
  AND staged.row_number >= (SELECT min(row_number) FROM import_page)
  AND staged.row_number <= (SELECT max(row_number) FROM import_page);

-- name: queue_confirmations
-- Sent and failed exports whose object was read as it was. Ordered by export.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'confirm', row_number() OVER (ORDER BY export.id), export.cso_id
FROM pending_export AS export
JOIN cso ON cso.id = export.cso_id
WHERE export.system_id = %(system)s
  AND export.change_type <> 'Delete'
  AND (export.sent IS NOT NULL OR export.status = 'Failed')
  AND cso.status = 'Normal'
  AND EXISTS (
      SELECT
      FROM unchanged
      WHERE unchanged.object_type_id = cso.object_type_id
        AND unchanged.external_id_hash = cso.external_id_hash
        AND NOT EXISTS (SELECT FROM rejected WHERE rejected.row_number = unchanged.row_number)
  );

-- name: exports_of_unchanged
-- As exports_of_import_page, for objects that were read as the connector space has them.
SELECT
    cso.id::text, cso.document::text, export.id::text, export.sent::text, export.pending::text,
    export.error_count, export.max_retries, cso.external_id, cso.display_name, object_type.name
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (cso_id, place)
JOIN cso ON cso.id = wanted.cso_id
JOIN object_type ON object_type.id = cso.object_type_id
JOIN pending_export AS export ON export.cso_id = cso.id
ORDER BY wanted.place;

-- name: remove_exports
-- Exports that are done, or no longer wanted; one whose object has references queued or on their way stays for these.
-- References to an account that is to be deleted no longer are looked at: its join is noted, as if it had changed.
-- Index: pending_export_pkey, pending_export_reference_pkey.
WITH listed AS MATERIALIZED (
    SELECT
        export.id,
        export.change_type = 'Delete' AS was_delete,
        EXISTS (SELECT FROM pending_export_reference AS reference WHERE reference.cso_id = export.cso_id) AS is_kept,
        EXISTS (
            SELECT
            FROM pending_export_reference AS queued
            WHERE queued.cso_id = export.cso_id
              AND queued.status = 'Pending'
        ) AS is_due
    FROM pending_export AS export
    WHERE export.id = ANY (%(ids)s::uuid[])
), kept AS (
    UPDATE pending_export AS export
    SET change_type = 'Update',
        pending = '{}',
        sent = NULL,
        error_count = 0,
        next_retry = NULL,
        status = CASE WHEN listed.is_due THEN 'Pending' ELSE 'Exported' END
    FROM listed
    WHERE export.id = listed.id
      AND listed.is_kept
), noted AS (
    INSERT INTO changed_join (cso_id, mvo_id, system_id)
    SELECT export.cso_id, export.mvo_id, export.system_id
    FROM listed
    JOIN pending_export AS export ON export.id = listed.id
    WHERE listed.was_delete
      AND export.mvo_id IS NOT NULL
      AND EXISTS (SELECT FROM reference_mapping)
)
DELETE FROM pending_export AS export
USING listed
WHERE export.id = listed.id
  AND NOT listed.is_kept;

-- name: settle_exports
-- What is left of a sent export is queued again; the object exists, so a create goes on as an update.
UPDATE pending_export AS export
SET sent = NULL,
    change_type = CASE export.change_type WHEN 'Create' THEN 'Update' ELSE export.change_type END,
    status = settled.status,
    pending = settled.pending,
    error_count = settled.error_count,
    next_retry = settled.next_retry,
    last_error_message = settled.last_error_message
FROM settled
WHERE export.id = settled.id;

-- name: keep_rest
-- What is left of an export that was not under way: its state stays, and an object that is there is updated.
UPDATE pending_export AS export
SET change_type = 'Update',
    pending = rest.pending
FROM rest
WHERE export.id = rest.id;

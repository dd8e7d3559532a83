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
-- What is due, creates and updates before deletes; what a crash left Executing is sent again. Objects of a type without
-- an external ID, seldom any, cannot be named to a connector; exports of nothing but references follow in a phase of
-- their own. One scan of the system's exports; the list is dense.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'export', row_number() OVER (ORDER BY export.change_type = 'Delete', export.id), export.id
FROM pending_export AS export
WHERE export.system_id = %(system)s
  AND (%(with_deletes)s OR export.change_type <> 'Delete')
  AND (
      export.status IN ('Pending', 'Executing')
      OR (export.status = 'ExportNotConfirmed' AND (%(by_hand)s OR export.next_retry <= %(now)s))
  )
  AND NOT (
      export.pending = '{}'
      AND export.status <> 'Executing'
      AND export.change_type <> 'Delete'
      AND (export.change_type = 'Update' OR export.sent IS NOT NULL)
  )
  AND (
      cardinality(%(unidentified)s::integer[]) = 0
      OR NOT EXISTS (
          SELECT
          FROM cso
          WHERE cso.id = export.cso_id
            AND cso.object_type_id = ANY (%(unidentified)s::integer[])
      )
  );

-- name: take_exports
-- The next exports of the list leave: `sent` holds what does, and is frozen. Where something left before and is
-- unconfirmed, `pending` is answered too, and freeze_merged lays it on top. In no order.
-- Index: work_pkey, pending_export_pkey, cso_pkey.
UPDATE pending_export AS export
SET status = 'Executing',
    last_attempted = %(now)s,
    sent = coalesce(export.sent, export.pending),
    pending = CASE WHEN export.sent IS NULL THEN '{}' ELSE export.pending END
FROM work, cso
WHERE work.phase = 'export'
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s
  AND export.id = work.object_id
  AND cso.id = export.cso_id
RETURNING
    work.ordinal, export.id::text, export.change_type, export.sent::text, nullif(export.pending, '{}')::text,
    cso.object_type_id, cso.external_id;

-- name: freeze_merged
-- What leaves on top of something that is still unconfirmed.
UPDATE pending_export AS export
SET sent = merged_export.sent,
    pending = '{}'
FROM merged_export
WHERE export.id = merged_export.id;

-- name: record_results
-- What became of one page of the list: items with their details, and the state Exported of what arrived, in which it
-- waits for the confirming import; a secret that has arrived is kept nowhere. Answers how many there are of each kind,
-- and the CSOs that the target has deleted.
-- Reads answer (temporary). Index: work_pkey, pending_export_pkey, cso_pkey.
WITH result AS MATERIALIZED (
    SELECT
        %(first)s + row_number() OVER (ORDER BY work.ordinal) - 1 AS ordinal,
        export.id AS export_id,
        export.cso_id,
        export.mvo_id,
        export.change_type AS operation,
        export.sent,
        jsonb_path_exists(export.sent, '$.*.*') AS has_objects,
        export.error_count,
        coalesce(answer.external_id, cso.external_id) AS external_id,
        cso.display_name,
        object_type.name AS object_type,
        answer.failure
    FROM work
    JOIN pending_export AS export ON export.id = work.object_id
    JOIN cso ON cso.id = export.cso_id
    JOIN object_type ON object_type.id = cso.object_type_id
    LEFT JOIN answer ON answer.export_id = export.id
    WHERE work.phase = 'export'
      AND work.ordinal > %(after)s
      AND work.ordinal <= %(last)s
), item AS (
    INSERT INTO execution_item (
        id, month, activity_id, ordinal, external_id, display_name, object_type, change_type, error_type,
        error_message, outcome_summary, cso_id, mvo_id
    )
    SELECT
        execution_item_id(%(activity)s, ordinal),
        %(month)s,
        %(activity)s,
        ordinal,
        external_id,
        display_name,
        object_type,
        CASE operation WHEN 'Create' THEN 'Add' ELSE operation END,
        CASE WHEN failure IS NOT NULL THEN %(error_type)s END,
        failure,
        CASE WHEN failure IS NULL THEN CASE operation WHEN 'Delete' THEN 'Deprovisioned:1' ELSE 'Exported:1' END END,
        cso_id,
        mvo_id
    FROM result
), detail AS (
    INSERT INTO execution_item_detail (month, activity_id, ordinal, outcomes, scope, new_values)
    SELECT
        %(month)s,
        %(activity)s,
        ordinal,
        jsonb_set(
            CASE operation WHEN 'Delete' THEN %(deprovisioned)s::jsonb ELSE %(exported)s::jsonb END,
            '{0,pendingExportId}',
            to_jsonb(export_id)
        ),
        CASE WHEN sent <> '{}' THEN 'cs' END,
        CASE WHEN has_objects THEN shown_values(sent) ELSE nullif(sent, '{}') END
    FROM result
    WHERE failure IS NULL
), arrived AS (
    UPDATE pending_export AS export
    SET status = 'Exported',
        sent = CASE WHEN result.has_objects THEN without_secrets(export.sent) ELSE export.sent END,
        next_retry = NULL,
        last_error_message = NULL
    FROM result
    WHERE export.id = result.export_id
      AND result.failure IS NULL
      AND result.operation <> 'Delete'
)
SELECT
    object_type,
    operation,
    failure IS NOT NULL AS is_failure,
    count(*),
    bool_or(failure IS NOT NULL AND error_count > 0),
    array_agg(cso_id::text) FILTER (WHERE failure IS NULL AND operation = 'Delete')
FROM result
GROUP BY object_type, operation, is_failure;

-- name: failed_exports
-- The exports of the page that failed. Reads answer (temporary). Index: pending_export_pkey.
SELECT export.id::text, export.error_count, export.max_retries
FROM answer
JOIN pending_export AS export ON export.id = answer.export_id
WHERE answer.failure IS NOT NULL;

-- name: mark_failed
-- What was sent is queued again.
UPDATE pending_export AS export
SET status = failed.status,
    pending = export.sent,
    sent = NULL,
    error_count = failed.error_count,
    next_retry = failed.next_retry,
    last_error_message = answer.failure
FROM failed_export AS failed
JOIN answer ON answer.export_id = failed.id
WHERE export.id = failed.id;

-- name: store_external_ids
-- The identifiers that the target gave its new objects, or that a change gave them.
-- Reads answer (temporary). Index: pending_export_pkey, cso_pkey.
UPDATE cso
SET external_id = answer.external_id,
    external_id_hash = answer.external_id_hash
FROM answer
JOIN pending_export AS export ON export.id = answer.export_id
WHERE cso.id = export.cso_id
  AND answer.external_id IS DISTINCT FROM cso.external_id
  AND answer.external_id IS NOT NULL
  AND answer.failure IS NULL
  AND export.change_type <> 'Delete';

-- name: arrived_exports
-- What of one page of the list arrived, deletes aside, with the objects it was for.
-- Index: work_pkey, pending_export_pkey, cso_pkey.
SELECT export.id::text, cso.id::text, cso.document::text, export.sent::text
FROM work
JOIN pending_export AS export ON export.id = work.object_id
JOIN cso ON cso.id = export.cso_id
WHERE work.phase = 'export'
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s
  AND export.status = 'Exported';

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

-- name: queue_reference_confirmations
-- Objects that were read and accepted, and have references queued or on their way. Ordered by export.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'references', row_number() OVER (ORDER BY export.id), export.cso_id
FROM pending_export AS export
JOIN cso ON cso.id = export.cso_id
WHERE export.system_id = %(system)s
  AND export.change_type <> 'Delete'
  AND cso.status = 'Normal'
  AND EXISTS (SELECT FROM pending_export_reference AS reference WHERE reference.cso_id = export.cso_id)
  AND EXISTS (
      SELECT
      FROM seen
      WHERE seen.object_type_id = cso.object_type_id
        AND seen.external_id_hash = cso.external_id_hash
        AND NOT EXISTS (SELECT FROM rejected WHERE rejected.row_number = seen.row_number)
  );

-- name: confirm_references
-- Changes that are found in place are done: those that left, and those that somebody else was faster with. A removal is
-- in place when neither the value nor another name of the object is there. Answers the objects of what had left.
-- Index: pending_export_reference_pkey, cso_reference_by_target, cso_reference_pkey.
WITH done AS (
    DELETE FROM pending_export_reference AS change
    WHERE change.cso_id = ANY (%(ids)s::uuid[])
      AND change.status <> 'Executing'
      AND change.is_removal <> (
          EXISTS (
              SELECT
              FROM cso_reference AS reference
              WHERE reference.target_id = change.target_id
                AND reference.cso_id = change.cso_id
                AND reference.attribute_id = change.attribute_id
          )
          OR (
              change.is_removal
              AND EXISTS (
                  SELECT
                  FROM cso_reference AS reference
                  WHERE reference.cso_id = change.cso_id
                    AND reference.attribute_id = change.attribute_id
                    AND reference.text_hash = change.text_hash
              )
          )
      )
    RETURNING change.cso_id, change.status
)
SELECT DISTINCT cso_id::text
FROM done
WHERE status = 'Exported';

-- name: drop_outdated_references
-- What left and is not in place, when the opposite is wanted by now. Index: pending_export_reference_pkey.
DELETE FROM pending_export_reference AS change
USING pending_export_reference AS newer
WHERE change.cso_id = ANY (%(ids)s::uuid[])
  AND change.status = 'Exported'
  AND newer.cso_id = change.cso_id
  AND newer.attribute_id = change.attribute_id
  AND newer.target_id = change.target_id
  AND newer.is_removal <> change.is_removal
  AND newer.status = 'Pending';

-- name: requeue_missing_references
-- What left and is not in place leaves again. Answers the objects. Index: pending_export_reference_pkey.
WITH missing AS (
    UPDATE pending_export_reference
    SET status = 'Pending'
    WHERE cso_id = ANY (%(ids)s::uuid[])
      AND status = 'Exported'
    RETURNING cso_id
)
SELECT DISTINCT cso_id::text
FROM missing;

-- name: exports_to_confirm
-- The pending exports of the page with their objects, and what their items say so far.
-- Index: pending_export_cso_id_key, cso_pkey, item_by_cso_pkey, execution_item_pkey, execution_item_detail_pkey.
SELECT
    export.id::text, cso.id::text, export.error_count, export.max_retries, cso.external_id, cso.display_name,
    object_type.name, item.ordinal, item.change_type, item.error_type, item.outcome_summary, detail.outcomes::text
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (cso_id, place)
JOIN pending_export AS export ON export.cso_id = wanted.cso_id
JOIN cso ON cso.id = wanted.cso_id
JOIN object_type ON object_type.id = cso.object_type_id
LEFT JOIN item_by_cso AS known ON known.cso_id = cso.id
LEFT JOIN execution_item AS item ON item.month = %(month)s
                                AND item.activity_id = %(activity)s
                                AND item.ordinal = known.ordinal
LEFT JOIN execution_item_detail AS detail ON detail.month = %(month)s
                                         AND detail.activity_id = %(activity)s
                                         AND detail.ordinal = known.ordinal
ORDER BY wanted.place;

-- name: mark_references_unconfirmed
-- A failed attempt. Reads failed_export (temporary). Index: pending_export_pkey.
UPDATE pending_export AS export
SET status = failed.status,
    error_count = failed.error_count,
    next_retry = failed.next_retry,
    last_error_message = %(message)s
FROM failed_export AS failed
WHERE export.id = failed.id;

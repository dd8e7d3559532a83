-- name: end_of_page
-- The last of the next exports that have no more references than a page takes, and at least the first of them.
-- Index: work_pkey, pending_export_pkey, pending_export_reference_pkey.
SELECT max(ordinal)
FROM (
    SELECT
        work.ordinal,
        sum(queued.number) OVER preceding AS total,
        row_number() OVER preceding AS place
    FROM work
    JOIN pending_export AS export ON export.id = work.object_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS number
        FROM (
            SELECT
            FROM pending_export_reference AS reference
            WHERE reference.cso_id = export.cso_id
            LIMIT %(limit)s
        ) AS few
    ) AS queued
    WHERE work.phase = %(phase)s
      AND work.ordinal > %(after)s
      AND work.ordinal <= %(last)s
    WINDOW preceding AS (ORDER BY work.ordinal)
) AS exports
WHERE total <= %(limit)s
   OR place = 1;

-- name: take_references
-- References of the page's exports leave with them: removals, and additions of objects that the target knows by some
-- name; some stores want to have the object itself first. What a crash left Executing leaves again.
-- Index: work_pkey, pending_export_pkey, pending_export_reference_pkey, cso_pkey.
WITH leaving AS (
    SELECT export.id AS export_id, queued.cso_id, queued.attribute_id, queued.target_id, queued.is_removal,
        coalesce(referable.text, queued.text) AS text
    FROM work
    JOIN pending_export AS export ON export.id = work.object_id
    JOIN pending_export_reference AS queued ON queued.cso_id = export.cso_id
    LEFT JOIN referable ON referable.cso_id = queued.target_id
                       AND NOT queued.is_removal
    WHERE work.phase = %(phase)s
      AND work.ordinal > %(after)s
      AND work.ordinal <= %(last)s
      AND export.change_type <> 'Delete'
      AND queued.status <> 'Exported'
      AND (queued.is_removal OR (referable.text IS NOT NULL AND (referable.arrived OR NOT %(checked)s)))
    ORDER BY work.ordinal, queued.attribute_id, queued.target_id
    LIMIT %(limit)s
)
UPDATE pending_export_reference AS queued
SET status = 'Executing',
    text = leaving.text
FROM leaving
WHERE queued.cso_id = leaving.cso_id
  AND queued.attribute_id = leaving.attribute_id
  AND queued.target_id = leaving.target_id
  AND queued.is_removal = leaving.is_removal
RETURNING leaving.export_id::text, queued.attribute_id, queued.is_removal, queued.text;

-- name: queue_references
-- Exports of which nothing but references waits, and of these some that can leave; their objects are in the target.
-- One scan of the system's exports. Index: pending_export_by_system, pending_export_reference_pkey, cso_pkey.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'references', %(after)s + row_number() OVER (ORDER BY export.id), export.id
FROM pending_export AS export
JOIN cso AS account ON account.id = export.cso_id
WHERE export.system_id = %(system)s
  AND export.pending = '{}'
  AND export.change_type <> 'Delete'
  AND (
      export.status = 'Pending'
      OR (export.status = 'ExportNotConfirmed' AND (%(by_hand)s OR export.next_retry <= %(now)s))
  )
  AND (account.status = 'Normal' OR export.sent IS NOT NULL)
  AND EXISTS (
      SELECT
      FROM pending_export_reference AS queued
      LEFT JOIN referable ON referable.cso_id = queued.target_id
                         AND NOT queued.is_removal
      WHERE queued.cso_id = export.cso_id
        AND queued.status <> 'Exported'
        AND (queued.is_removal OR (referable.text IS NOT NULL AND (referable.arrived OR NOT %(checked)s)))
  );

-- name: exports_of_references
-- The next of them with their objects, and what their items say so far. Index: work_pkey, pending_export_pkey, cso_pkey,
-- item_by_cso_pkey, execution_item_pkey, execution_item_detail_pkey.
SELECT
    work.ordinal, export.id::text, cso.id::text, export.mvo_id::text, export.error_count, export.max_retries,
    cso.object_type_id, cso.external_id, cso.display_name, object_type.name, item.ordinal, item.change_type,
    item.error_type, item.outcome_summary, detail.outcomes::text
FROM work
JOIN pending_export AS export ON export.id = work.object_id
JOIN cso ON cso.id = export.cso_id
JOIN object_type ON object_type.id = cso.object_type_id
LEFT JOIN item_by_cso AS known ON known.cso_id = cso.id
LEFT JOIN execution_item AS item ON item.month = %(month)s
                                AND item.activity_id = %(activity)s
                                AND item.ordinal = known.ordinal
LEFT JOIN execution_item_detail AS detail ON detail.month = %(month)s
                                         AND detail.activity_id = %(activity)s
                                         AND detail.ordinal = known.ordinal
WHERE work.phase = 'references'
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s
ORDER BY work.ordinal;

-- name: return_references
-- References that left in vain are queued again. Reads answer (temporary).
-- Index: pending_export_pkey, pending_export_reference_pkey.
UPDATE pending_export_reference AS reference
SET status = 'Pending'
FROM answer
JOIN pending_export AS export ON export.id = answer.export_id
WHERE answer.failure IS NOT NULL
  AND reference.cso_id = export.cso_id
  AND reference.status = 'Executing';

-- name: drop_superseded_references
-- A value that left to be removed, and then to be added, or the other way round: the earlier wish is confirmed by nothing.
-- Index: work_pkey, pending_export_pkey, pending_export_reference_pkey.
DELETE FROM pending_export_reference AS earlier
USING work
JOIN pending_export AS export ON export.id = work.object_id
JOIN pending_export_reference AS later ON later.cso_id = export.cso_id
                                      AND later.status = 'Executing'
WHERE work.phase = %(phase)s
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s
  AND earlier.cso_id = later.cso_id
  AND earlier.attribute_id = later.attribute_id
  AND earlier.target_id = later.target_id
  AND earlier.is_removal <> later.is_removal
  AND earlier.status = 'Exported';

-- name: mark_references_exported
-- They wait for the confirming import. Index: work_pkey, pending_export_pkey, pending_export_reference_pkey.
UPDATE pending_export_reference AS reference
SET status = 'Exported'
FROM work
JOIN pending_export AS export ON export.id = work.object_id
WHERE work.phase = %(phase)s
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s
  AND reference.cso_id = export.cso_id
  AND reference.status = 'Executing';

-- name: take_confirmed_references
-- They are in the target, as its connector vouches, and queued no more.
-- Index: work_pkey, pending_export_pkey, pending_export_reference_pkey.
DELETE FROM pending_export_reference AS reference
USING work
JOIN pending_export AS export ON export.id = work.object_id
WHERE work.phase = %(phase)s
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s
  AND reference.cso_id = export.cso_id
  AND reference.status = 'Executing'
RETURNING reference.cso_id::text, reference.attribute_id, reference.target_id::text, reference.is_removal, reference.text;

-- name: remove_confirmed_references
-- What the target lost, and what an attribute with one value had before. Reads confirmed_reference (temporary).
-- Index: cso_reference_pkey, cso_reference_by_target.
DELETE FROM cso_reference AS reference
USING confirmed_reference AS confirmed
JOIN attribute ON attribute.id = confirmed.attribute_id
WHERE reference.cso_id = confirmed.cso_id
  AND reference.attribute_id = confirmed.attribute_id
  AND CASE
      WHEN confirmed.is_removal THEN reference.target_id = confirmed.target_id
      ELSE attribute.plurality = 'SingleValued' AND reference.text_hash <> confirmed.text_hash
  END
RETURNING reference.cso_id::text, reference.attribute_id, reference.text;

-- name: add_confirmed_references
-- What the target gained, and did not show before. Reads confirmed_reference (temporary). Index: cso_reference_pkey.
INSERT INTO cso_reference AS reference (cso_id, system_id, attribute_id, text, text_hash, name_hash, target_id)
SELECT cso_id, %(system)s, attribute_id, text, text_hash, name_hash, target_id
FROM confirmed_reference
WHERE NOT is_removal
ON CONFLICT (cso_id, attribute_id, text_hash) DO NOTHING
RETURNING reference.cso_id::text, reference.attribute_id, reference.text;

-- name: reference_fingerprints
-- Index: cso_pkey.
SELECT id::text, reference_fingerprint::text
FROM cso
WHERE id = ANY (%(ids)s::uuid[]);

-- name: store_reference_fingerprints
-- Reads moved_fingerprint (temporary). Index: cso_pkey.
UPDATE cso
SET reference_fingerprint = moved.fingerprint,
    last_updated = %(now)s,
    change_number = nextval('cso_change_number')
FROM moved_fingerprint AS moved
WHERE cso.id = moved.cso_id;

-- name: note_waiting_references
-- Exports of the page whose references have not all left are queued again for these, and say whether any of them waits
-- for an object without an identifier. Index: work_pkey, pending_export_pkey, pending_export_reference_pkey, cso_pkey.
UPDATE pending_export AS export
SET status = CASE WHEN export.status = 'Exported' AND waiting.has_queued THEN 'Pending' ELSE export.status END,
    has_unresolved_references = waiting.is_unresolved
FROM work
JOIN pending_export AS listed ON listed.id = work.object_id
CROSS JOIN LATERAL (
    SELECT
        count(*) > 0 AS has_queued,
        coalesce(bool_or(referable.text IS NULL AND NOT few.is_removal), false) AS is_unresolved
    FROM (
        SELECT queued.target_id, queued.is_removal
        FROM pending_export_reference AS queued
        WHERE queued.cso_id = listed.cso_id
          AND queued.status = 'Pending'
        LIMIT %(looked_at)s
    ) AS few
    LEFT JOIN referable ON referable.cso_id = few.target_id
) AS waiting
WHERE work.phase = %(phase)s
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s
  AND export.id = work.object_id
  AND (waiting.has_queued OR export.has_unresolved_references);

-- name: settle_exports_of_page
-- Exports of nothing but references, after these left: they wait for the confirming import, or are done.
-- Index: work_pkey, pending_export_pkey, pending_export_reference_pkey.
WITH listed AS MATERIALIZED (
    SELECT
        export.id,
        export.sent IS NULL AND NOT EXISTS (
            SELECT
            FROM pending_export_reference AS remaining
            WHERE remaining.cso_id = export.cso_id
        ) AS is_done
    FROM work
    JOIN pending_export AS export ON export.id = work.object_id
    LEFT JOIN answer ON answer.export_id = export.id
    WHERE work.phase = 'references'
      AND work.ordinal > %(after)s
      AND work.ordinal <= %(last)s
      AND answer.failure IS NULL
), gone AS (
    DELETE FROM pending_export AS export
    USING listed
    WHERE export.id = listed.id
      AND listed.is_done
)
UPDATE pending_export AS export
SET status = 'Exported',
    last_attempted = %(now)s,
    next_retry = NULL,
    last_error_message = NULL
FROM listed
WHERE export.id = listed.id
  AND NOT listed.is_done;

-- name: mark_references_failed
-- Tried again later or, after the last attempt, kept as Failed. Reads failed_export and answer (temporary).
UPDATE pending_export AS export
SET status = failed.status,
    last_attempted = %(now)s,
    error_count = failed.error_count,
    next_retry = failed.next_retry,
    last_error_message = answer.failure
FROM failed_export AS failed
JOIN answer ON answer.export_id = failed.id
WHERE export.id = failed.id;

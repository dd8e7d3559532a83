-- name: amend_items
-- What a later phase adds to items; an error that is there stays. Reads amended_item (temporary).
-- Index: execution_item_pkey.
UPDATE execution_item AS item
SET outcome_summary = amended.summary,
    error_type = coalesce(item.error_type, amended.error_type),
    error_message = CASE WHEN item.error_type IS NULL THEN amended.error_message ELSE item.error_message END
FROM amended_item AS amended
WHERE item.month = %(month)s
  AND item.activity_id = %(activity)s
  AND item.ordinal = amended.ordinal;

-- name: amend_details
-- Their trees of outcomes. Reads amended_item (temporary). Writes execution_item_detail by its key.
INSERT INTO execution_item_detail (month, activity_id, ordinal, outcomes)
SELECT %(month)s, %(activity)s, ordinal, outcomes
FROM amended_item
ON CONFLICT (month, activity_id, ordinal) DO UPDATE
SET outcomes = excluded.outcomes;

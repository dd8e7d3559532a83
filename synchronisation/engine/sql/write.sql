-- name: remove_placeholder_exports
-- The exports of CSOs that go. Index: pending_export_cso_id_key, pending_export_reference_pkey.
WITH gone AS (
    DELETE FROM pending_export_reference
    WHERE cso_id = ANY (%(ids)s::uuid[])
)
DELETE FROM pending_export
WHERE cso_id = ANY (%(ids)s::uuid[]);

-- name: remove_joins
-- CSOs that leave their MVO, which is noted where references flow. Index: cso_join_pkey.
WITH cut AS (
    DELETE FROM cso_join
    WHERE cso_id = ANY (%(ids)s::uuid[])
    RETURNING cso_id, mvo_id, system_id
)
INSERT INTO changed_join (cso_id, mvo_id, system_id)
SELECT cso_id, mvo_id, system_id
FROM cut
WHERE EXISTS (SELECT FROM reference_mapping);

-- name: remove_csos
-- Their joins, references and exports go before them. Index: cso_pkey.
DELETE FROM cso
WHERE id = ANY (%(ids)s::uuid[]);

-- name: mark_deprovisioned
-- Remembered: inbound, such an object neither joins nor projects. Its new number lets its keys be written again.
UPDATE cso
SET deprovisioned = true,
    change_number = nextval('cso_change_number')
WHERE id = ANY (%(ids)s::uuid[]);

-- name: renumber_csos
-- Objects that have no MVO any more, though nothing else about them changed. Index: cso_pkey.
UPDATE cso
SET change_number = nextval('cso_change_number')
WHERE id = ANY (%(ids)s::uuid[]);

-- name: welcome_back
-- Objects that an MVO found are no longer deprovisioned. Index: cso_pkey.
UPDATE cso
SET deprovisioned = false
WHERE id = ANY (%(ids)s::uuid[])
  AND deprovisioned;

-- name: remove_cso_keys
-- An object that is joined is not looked for any more. Index: cso_match_key_by_cso.
DELETE FROM cso_match_key
WHERE cso_id = ANY (%(ids)s::uuid[]);

-- name: remove_mvo_keys
-- Index: mvo_match_key_by_mvo.
DELETE FROM mvo_match_key
WHERE mvo_id = ANY (%(ids)s::uuid[]);

-- name: note_orphaned_references
-- References of others to MVOs that go. Index: mvo_reference_by_target.
INSERT INTO orphaned_reference (mvo_id, attribute_id, target_id)
SELECT mvo_id, attribute_id, target_id
FROM mvo_reference
WHERE target_id = ANY (%(ids)s::uuid[])
  AND mvo_id <> ALL (%(ids)s::uuid[])
ORDER BY mvo_id, attribute_id, target_id;

-- name: remove_mvo_references
-- References from and to MVOs that go. Index: mvo_reference_pkey, mvo_reference_by_target.
DELETE FROM mvo_reference
WHERE mvo_id = ANY (%(ids)s::uuid[])
   OR target_id = ANY (%(ids)s::uuid[]);

-- name: remove_mvo_joins
-- Noted where references flow. Index: cso_join_one_per_system.
WITH cut AS (
    DELETE FROM cso_join
    WHERE mvo_id = ANY (%(ids)s::uuid[])
    RETURNING cso_id, mvo_id, system_id
)
INSERT INTO changed_join (cso_id, mvo_id, system_id)
SELECT cso_id, mvo_id, system_id
FROM cut
WHERE EXISTS (SELECT FROM reference_mapping);

-- name: remove_mvos
-- Their keys, references and joins go before them. Index: mvo_pkey.
DELETE FROM mvo
WHERE id = ANY (%(ids)s::uuid[]);

-- name: update_mvos
-- MVOs whose values or holders the page changed. Reads changed_mvo (temporary). Index: mvo_pkey.
UPDATE mvo
SET display_name = changed.display_name,
    document = changed.document,
    holders = changed.holders,
    last_updated = %(now)s
FROM changed_mvo AS changed
WHERE mvo.id = changed.id;

-- name: remove_lost_keys
-- Keys that MVOs answer to no longer. Reads lost_key (temporary). Index: mvo_match_key_by_mvo.
DELETE FROM mvo_match_key
USING lost_key
WHERE mvo_match_key.rule_id = lost_key.rule_id
  AND mvo_match_key.key = lost_key.key
  AND mvo_match_key.mvo_id = lost_key.mvo_id;

-- name: update_join_rules
-- The rule that was last in scope. Reads join_rule (temporary). Index: cso_join_pkey.
UPDATE cso_join
SET rule_id = join_rule.rule_id
FROM join_rule
WHERE cso_join.cso_id = join_rule.cso_id;

-- name: update_exports
-- What is wanted now replaces what was queued; a new wish is tried at once.
-- References to an account that is to be deleted, or no longer is, are looked at: its join is noted, as if it had changed.
-- Index: pending_export_pkey.
WITH updated AS (
    UPDATE pending_export AS export
    SET change_type = changed.change_type,
        status = changed.status,
        error_count = changed.error_count,
        pending = changed.pending,
        next_retry = NULL
    FROM changed_export AS changed
    JOIN pending_export AS before ON before.id = changed.id
    WHERE export.id = changed.id
    RETURNING
        export.cso_id, export.mvo_id, export.system_id,
        (before.change_type = 'Delete') <> (changed.change_type = 'Delete') AS turned
)
INSERT INTO changed_join (cso_id, mvo_id, system_id)
SELECT cso_id, mvo_id, system_id
FROM updated
WHERE turned
  AND mvo_id IS NOT NULL
  AND EXISTS (SELECT FROM reference_mapping);

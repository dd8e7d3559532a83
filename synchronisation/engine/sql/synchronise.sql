-- name: highest_change_number
-- Where this run's reading of changes ends. Index: cso_by_change_number, cso_reference_by_change_number, backwards.
SELECT greatest(
    %(mark)s,
    (SELECT max(change_number) FROM cso WHERE system_id = %(system)s),
    (SELECT max(change_number) FROM cso_reference WHERE system_id = %(system)s)
);

-- name: forget_work
-- An interrupted preparation, or judging, begins anew.
TRUNCATE work, freed, lost_account, orphaned_reference, announced_reference;

-- name: queue_obsolete
-- Obsolete objects, in external ID order. Index: cso_obsolete.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'obsolete', row_number() OVER (ORDER BY external_id COLLATE "C", id), id
FROM cso
WHERE system_id = %(system)s
  AND status = 'Obsolete'
  AND change_number <= %(upper)s;

-- name: queue_all_active
-- Full synchronisation: every active object, in external ID order.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'active', row_number() OVER (ORDER BY external_id COLLATE "C", id), id
FROM cso
WHERE system_id = %(system)s
  AND status = 'Normal';

-- name: queue_changed
-- Delta synchronisation: what changed above the mark, and what was left over. Index: cso_by_change_number.
INSERT INTO work (phase, ordinal, object_id)
SELECT 'active', row_number() OVER (ORDER BY external_id COLLATE "C", id), id
FROM (
    SELECT id, external_id, status
    FROM cso
    WHERE system_id = %(system)s
      AND change_number > %(mark)s
      AND change_number <= %(upper)s
    UNION
    SELECT cso.id, cso.external_id, cso.status
    FROM left_over
    JOIN cso ON cso.id = left_over.cso_id
    WHERE left_over.system_id = %(system)s
) AS changed
WHERE status = 'Normal';

-- name: count_queued
-- How many objects all phases of the run take.
SELECT count(*)
FROM work;

-- name: mvo_page
-- MVOs of one type by id. Index: mvo_pkey.
SELECT id::text, document::text
FROM mvo
WHERE id > %(after)s::uuid
  AND type_id = %(type)s
ORDER BY id
LIMIT %(limit)s;

-- name: add_match_keys
-- Keys of existing MVOs for a matching rule that was saved since. Repeatable. Index: mvo_match_key_once.
INSERT INTO mvo_match_key (rule_id, key, mvo_id)
SELECT rule_id, key, mvo_id
FROM new_key
ON CONFLICT (rule_id, key, mvo_id) DO NOTHING;

-- name: free_mvos
-- Notes whose CSO leaves, with what its item will say. Index: cso_join_pkey.
INSERT INTO freed (mvo_id, cso_id, external_id, display_name, object_type, object_type_id, outcome)
SELECT cso_join.mvo_id, cso.id, cso.external_id, cso.display_name, object_type.name, object_type.id, 'Disconnected'
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (cso_id, place)
JOIN cso ON cso.id = wanted.cso_id
JOIN cso_join ON cso_join.cso_id = cso.id
JOIN object_type ON object_type.id = cso.object_type_id
ORDER BY wanted.place;

-- name: load_unjoined_obsolete
-- Those that leave without an MVO noticing.
SELECT cso.id::text, cso.external_id, cso.display_name, object_type.name
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (cso_id, place)
JOIN cso ON cso.id = wanted.cso_id
JOIN object_type ON object_type.id = cso.object_type_id
WHERE NOT EXISTS (SELECT FROM cso_join WHERE cso_join.cso_id = cso.id)
ORDER BY wanted.place;

-- name: unresolve_references
-- References to objects that go keep their text. Index: cso_reference_by_target.
UPDATE cso_reference
SET target_id = NULL,
    is_stale = false
WHERE target_id = ANY (%(ids)s::uuid[]);

-- name: remove_own_references
-- Index: cso_reference_pkey.
DELETE FROM cso_reference
WHERE cso_id = ANY (%(ids)s::uuid[]);

-- name: find_left_over
-- Which of these objects an earlier run left over. Index: left_over_pkey.
SELECT cso_id::text
FROM left_over
WHERE cso_id = ANY (%(ids)s::uuid[]);

-- name: remove_left_over
-- Objects that are looked at now. Index: left_over_pkey.
DELETE FROM left_over
WHERE cso_id = ANY (%(ids)s::uuid[]);

-- name: leave_over
-- Objects that the next delta synchronisation of their system looks at again, and why. Index: left_over_pkey.
INSERT INTO left_over (cso_id, system_id, reason)
SELECT cso_id, system_id, %(reason)s
FROM unnest(%(csos)s::uuid[], %(systems)s::integer[]) AS waiting (cso_id, system_id)
ON CONFLICT (cso_id) DO NOTHING;

-- name: note_lost_accounts
-- Identities that may have lost their last connector by what the export rules say; where the items are that told of it.
INSERT INTO lost_account (mvo_id, system_id, item)
SELECT mvo_id, system_id, %(first)s + place
FROM unnest(%(mvos)s::uuid[], %(systems)s::integer[], %(places)s::integer[]) WITH ORDINALITY
    AS lost (mvo_id, system_id, place, number)
ORDER BY number;

-- name: taken_external_ids
-- Which of the external IDs to provision exist in their target already. Index: cso_external_id.
SELECT cso.object_type_id, replace(cso.external_id_hash::text, '-', '')
FROM unnest(%(types)s::integer[], %(hashes)s::uuid[]) AS wanted (object_type_id, external_id_hash)
JOIN cso ON cso.object_type_id = wanted.object_type_id
        AND cso.external_id_hash = wanted.external_id_hash;

-- name: unkeyed_page
-- The next active objects of a system without an MVO that changed since it was keyed. Index: cso_by_change_number,
-- cso_join_pkey.
SELECT cso.id::text, cso.object_type_id, cso.document::text, cso.change_number
FROM cso
WHERE cso.system_id = %(system)s
  AND cso.change_number > %(after)s
  AND cso.object_type_id = ANY (%(types)s)
  AND cso.status = 'Normal'
  AND NOT EXISTS (SELECT FROM cso_join WHERE cso_join.cso_id = cso.id)
ORDER BY cso.change_number
LIMIT %(limit)s;

-- name: leave_over_answering
-- Unjoined objects that answer to a key an MVO gained: the next delta synchronisation of their system looks at them.
-- Index: cso_match_key_once, cso_pkey, cso_join_pkey.
INSERT INTO left_over (cso_id, system_id, reason)
SELECT DISTINCT ON (cso.id) cso.id, cso.system_id, 'a metaverse object answers to its match key now'
FROM unnest(%(rules)s::integer[], %(keys)s::uuid[]) AS gained (rule_id, key)
JOIN cso_match_key ON cso_match_key.rule_id = gained.rule_id
                  AND cso_match_key.key = gained.key
JOIN cso ON cso.id = cso_match_key.cso_id
WHERE NOT EXISTS (SELECT FROM cso_join WHERE cso_join.cso_id = cso.id)
ON CONFLICT (cso_id) DO NOTHING;

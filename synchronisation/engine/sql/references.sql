-- name: forget_reference_flows
-- An interrupted beginning begins anew.
TRUNCATE reference_inflow, reference_outflow;

-- name: forget_reference_work
-- Likewise, what the phase itself has noted.
TRUNCATE mvo_work, account_work, flowed_reference, failed_join, item_by_cso;

-- name: announce_references
-- References of the page's new MVOs that are resolved will flow, if what they name is or becomes an MVO. Answers how many
-- attributes of each. Index: cso_join_pkey, mvo_pkey, cso_reference_pkey.
WITH announced AS (
    INSERT INTO announced_reference (mvo_id, attribute_id)
    SELECT DISTINCT holder.mvo_id, flow.target_id
    FROM unnest(%(ids)s::uuid[]) AS new (cso_id)
    JOIN cso_join AS holder ON holder.cso_id = new.cso_id
    JOIN mvo ON mvo.id = holder.mvo_id
    JOIN reference_inflow AS flow ON flow.system_id = holder.system_id
                                 AND flow.type_id = mvo.type_id
                                 AND NOT flow.scoped
    CROSS JOIN LATERAL (
        SELECT true
        FROM cso_reference AS reference
        WHERE reference.cso_id = new.cso_id
          AND reference.attribute_id = flow.source_id
          AND reference.target_id IS NOT NULL
        LIMIT 1
    ) AS resolved
    ON CONFLICT DO NOTHING
    RETURNING mvo_id
)
SELECT mvo_id::text, count(*)
FROM announced
GROUP BY mvo_id;

-- name: next_unkept_announcements
-- The next attributes that were announced and have not flowed. Index: announced_reference_pkey, flowed_reference_pkey.
SELECT announced.mvo_id::text, announced.attribute_id
FROM announced_reference AS announced
WHERE (announced.mvo_id, announced.attribute_id) > (%(mvo)s::uuid, %(attribute)s)
  AND NOT EXISTS (
      SELECT
      FROM flowed_reference AS flowed
      WHERE flowed.mvo_id = announced.mvo_id
        AND flowed.attribute_id = announced.attribute_id
  )
ORDER BY announced.mvo_id, announced.attribute_id
LIMIT %(limit)s;

-- name: note_items_by_cso
-- Where each object's item is. Reads the activity's own range of execution_item_pkey.
INSERT INTO item_by_cso (cso_id, ordinal)
SELECT cso_id, ordinal
FROM execution_item
WHERE month = %(month)s
  AND activity_id = %(activity)s
  AND cso_id IS NOT NULL
ON CONFLICT (cso_id) DO NOTHING;

-- name: note_unchanged_by_cso
-- Objects that were looked at and have no item: they count as unchanged so far. Reads work by its key.
INSERT INTO item_by_cso (cso_id)
SELECT object_id
FROM work
WHERE phase = 'active'
ON CONFLICT (cso_id) DO NOTHING;

-- name: last_removed_reference
-- Removals up to here are seen by this run. Index: removed_reference_by_system, backwards.
SELECT coalesce(max(id), 0)
FROM removed_reference
WHERE system_id = %(system)s;

-- name: next_references
-- The next references of a system that changed, or with a mark of 0 simply the next: the last of them, and how many.
-- Index: cso_reference_by_change_number.
SELECT max(change_number), count(*)
FROM (
    SELECT change_number
    FROM cso_reference
    WHERE system_id = %(system)s
      AND change_number > %(after)s
      AND change_number <= %(upper)s
    ORDER BY change_number
    LIMIT %(limit)s
) AS next;

-- name: next_removed_references
-- Index: removed_reference_by_system.
SELECT max(id), count(*)
FROM (
    SELECT id
    FROM removed_reference
    WHERE system_id = %(system)s
      AND id > %(after)s
      AND id <= %(upper)s
    ORDER BY id
    LIMIT %(limit)s
) AS next;

-- name: next_held_references
-- The last of the next references of MVOs, by their key. Index: mvo_reference_pkey.
SELECT mvo_id::text, attribute_id, target_id::text, place
FROM (
    SELECT mvo_id, attribute_id, target_id,
        row_number() OVER (ORDER BY mvo_id, attribute_id, target_id) AS place
    FROM mvo_reference
    WHERE (mvo_id, attribute_id, target_id) > (%(mvo)s::uuid, %(attribute)s, %(target)s::uuid)
    ORDER BY mvo_id, attribute_id, target_id
    LIMIT %(limit)s
) AS next
ORDER BY place DESC
LIMIT 1;

-- name: next_mvo_work
-- Index: mvo_work_pkey.
SELECT max(ordinal), count(*)
FROM (SELECT ordinal FROM mvo_work WHERE ordinal > %(after)s ORDER BY ordinal LIMIT %(limit)s) AS next;

-- name: next_account_work
-- Index: account_work_pkey.
SELECT max(ordinal), count(*)
FROM (SELECT ordinal FROM account_work WHERE ordinal > %(after)s ORDER BY ordinal LIMIT %(limit)s) AS next;

-- name: next_changed_joins
-- Index: changed_join_pkey.
SELECT max(id), count(*)
FROM (SELECT id FROM changed_join WHERE id > %(after)s ORDER BY id LIMIT %(limit)s) AS next;

-- name: make_reference_candidates
-- What one page judges: references that MVOs may have, and references that accounts may have. is_change: not only a
-- rule that enforces asks for it. outside_of_rule: objects, or MVOs, that a rule does not take; is_retained: it stays
-- joined in scope of no rule.
CREATE TEMPORARY TABLE mvo_candidate (
    mvo_id uuid,
    attribute_id integer,
    target_id uuid,
    PRIMARY KEY (mvo_id, attribute_id, target_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE account_candidate (
    cso_id uuid,
    attribute_id integer,
    target_id uuid,
    is_change boolean NOT NULL,
    PRIMARY KEY (cso_id, attribute_id, target_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE wanted_attribute (
    mvo_id uuid,
    attribute_id integer,
    PRIMARY KEY (mvo_id, attribute_id)
) ON COMMIT DROP;
CREATE TEMPORARY TABLE outside_of_rule (
    rule_id integer,
    object_id uuid,
    is_retained boolean NOT NULL,
    PRIMARY KEY (rule_id, object_id)
) ON COMMIT DROP;

-- name: add_changed_references
-- References of a range as their MVOs would have them; those of an object whose join changed come with that.
-- Index: cso_reference_by_change_number, changed_join_by_cso, cso_join_pkey, mvo_pkey.
INSERT INTO mvo_candidate (mvo_id, attribute_id, target_id)
SELECT holder.mvo_id, flow.target_id, target.mvo_id
FROM cso_reference AS reference
JOIN reference_inflow AS flow ON flow.source_id = reference.attribute_id
JOIN cso_join AS holder ON holder.cso_id = reference.cso_id
JOIN mvo ON mvo.id = holder.mvo_id
        AND mvo.type_id = flow.type_id
JOIN cso_join AS target ON target.cso_id = reference.target_id
WHERE reference.system_id = %(system)s
  AND reference.change_number > %(after)s
  AND reference.change_number <= %(last)s
  AND NOT EXISTS (SELECT FROM changed_join WHERE changed_join.cso_id = reference.cso_id)
ON CONFLICT DO NOTHING;

-- name: add_removed_references
-- References that an import took away. Index: removed_reference_by_system, cso_join_pkey, mvo_pkey.
INSERT INTO mvo_candidate (mvo_id, attribute_id, target_id)
SELECT holder.mvo_id, flow.target_id, target.mvo_id
FROM removed_reference AS reference
JOIN reference_inflow AS flow ON flow.source_id = reference.attribute_id
JOIN cso_join AS holder ON holder.cso_id = reference.cso_id
JOIN mvo ON mvo.id = holder.mvo_id
        AND mvo.type_id = flow.type_id
JOIN cso_join AS target ON target.cso_id = reference.target_id
WHERE reference.system_id = %(system)s
  AND reference.id > %(after)s
  AND reference.id <= %(last)s
ON CONFLICT DO NOTHING;

-- name: add_held_references
-- Full synchronisation: references of MVOs that the run's system gives, may give, or that nobody does; but for those it
-- gives whose rows came by already. Index: mvo_reference_pkey, cso_join_one_per_system, cso_reference_by_target.
INSERT INTO mvo_candidate (mvo_id, attribute_id, target_id)
SELECT held.mvo_id, held.attribute_id, held.target_id
FROM mvo_reference AS held
LEFT JOIN cso_join AS own ON own.mvo_id = held.mvo_id
                         AND own.system_id = %(system)s
LEFT JOIN cso_join AS target ON target.mvo_id = held.target_id
                            AND target.system_id = %(system)s
WHERE (held.mvo_id, held.attribute_id, held.target_id) > (%(mvo)s::uuid, %(attribute)s, %(target)s::uuid)
  AND (held.mvo_id, held.attribute_id, held.target_id) <= (%(last_mvo)s::uuid, %(last_attribute)s, %(last_target)s::uuid)
  AND (
      held.system_id IS NULL
      OR held.system_id = %(system)s
      OR (
          own.cso_id IS NOT NULL
          AND held.attribute_id IN (SELECT target_id FROM reference_inflow WHERE system_id = %(system)s)
      )
  )
  AND NOT (
      held.system_id IS NOT DISTINCT FROM %(system)s
      AND EXISTS (
          SELECT
          FROM reference_inflow AS flow
          JOIN cso_reference AS reference ON reference.target_id = target.cso_id
                                         AND reference.cso_id = own.cso_id
                                         AND reference.attribute_id = flow.source_id
          WHERE flow.target_id = held.attribute_id
            AND flow.rule_id = held.rule_id
      )
  );

-- name: add_held_accounts
-- ... and of those that it has no say in, though their MVOs have an object in it, what accounts lack and nobody queued.
-- Index: mvo_reference_pkey, cso_join_one_per_system, cso_reference_by_target, pending_export_reference_pkey,
-- pending_export_cso_id_key.
INSERT INTO account_candidate (cso_id, attribute_id, target_id, is_change)
SELECT DISTINCT holder.cso_id, flow.target_id, target.cso_id, false
FROM mvo_reference AS held
JOIN cso_join AS own ON own.mvo_id = held.mvo_id
                    AND own.system_id = %(system)s
JOIN reference_outflow AS flow ON flow.source_id = held.attribute_id
                              AND flow.enforced
JOIN cso_join AS holder ON holder.mvo_id = held.mvo_id
                       AND holder.system_id = flow.system_id
JOIN cso_join AS target ON target.mvo_id = held.target_id
                       AND target.system_id = flow.system_id
WHERE (held.mvo_id, held.attribute_id, held.target_id) > (%(mvo)s::uuid, %(attribute)s, %(target)s::uuid)
  AND (held.mvo_id, held.attribute_id, held.target_id) <= (%(last_mvo)s::uuid, %(last_attribute)s, %(last_target)s::uuid)
  AND held.system_id <> %(system)s
  AND held.attribute_id NOT IN (SELECT target_id FROM reference_inflow WHERE system_id = %(system)s)
  AND (
      SELECT true
      FROM cso_reference AS reference
      WHERE reference.target_id = target.cso_id
        AND reference.cso_id = holder.cso_id
        AND reference.attribute_id = flow.target_id
      LIMIT 1
  ) IS NULL
  AND (
      (
          SELECT true
          FROM pending_export_reference AS queued
          WHERE queued.cso_id = holder.cso_id
            AND queued.attribute_id = flow.target_id
            AND queued.target_id = target.cso_id
            AND NOT queued.is_removal
      ) IS NULL
      OR (
          SELECT true
          FROM pending_export AS leaving
          WHERE leaving.cso_id = target.cso_id
            AND leaving.change_type = 'Delete'
      )
  );

-- name: next_orphaned_references
-- Index: orphaned_reference_pkey.
SELECT max(ordinal), count(*)
FROM (SELECT ordinal FROM orphaned_reference WHERE ordinal > %(after)s ORDER BY ordinal LIMIT %(limit)s) AS next;

-- name: add_orphaned_references
-- References to MVOs that this run deleted. Index: orphaned_reference_pkey, mvo_pkey.
INSERT INTO mvo_candidate (mvo_id, attribute_id, target_id)
SELECT orphaned.mvo_id, orphaned.attribute_id, orphaned.target_id
FROM orphaned_reference AS orphaned
JOIN mvo ON mvo.id = orphaned.mvo_id
        AND mvo.status = 'Normal'
WHERE orphaned.ordinal > %(after)s
  AND orphaned.ordinal <= %(last)s
ON CONFLICT DO NOTHING;

-- name: judge_orphaned_references
-- They are gone already, which their MVOs' items are to say. Index: orphaned_reference_pkey, mvo_pkey.
INSERT INTO judged_reference (mvo_id, attribute_id, target_id, verdict)
SELECT orphaned.mvo_id, orphaned.attribute_id, orphaned.target_id, 'remove'
FROM orphaned_reference AS orphaned
JOIN mvo ON mvo.id = orphaned.mvo_id
        AND mvo.status = 'Normal'
WHERE orphaned.ordinal > %(after)s
  AND orphaned.ordinal <= %(last)s;

-- name: add_mvo_work
-- Index: mvo_work_pkey.
INSERT INTO mvo_candidate (mvo_id, attribute_id, target_id)
SELECT mvo_id, attribute_id, target_id
FROM mvo_work
WHERE ordinal > %(after)s
  AND ordinal <= %(last)s
ON CONFLICT DO NOTHING;

-- name: add_account_work
-- Index: account_work_pkey.
INSERT INTO account_candidate (cso_id, attribute_id, target_id, is_change)
SELECT DISTINCT cso_id, attribute_id, target_id, true
FROM account_work
WHERE ordinal > %(after)s
  AND ordinal <= %(last)s;

-- name: add_drifted_references
-- References of accounts in a target that enforces; of accounts whose MVO has an object in the run's system. Where one
-- mapping alone writes the attribute, for everybody, those that are wanted and have nothing queued are as they are to be:
-- nearly all, and these looks are cheaper than judging them.
-- Index: cso_reference_by_change_number, cso_join_pkey, cso_join_one_per_system, mvo_reference_pkey,
-- pending_export_reference_pkey, pending_export_cso_id_key.
WITH flow AS MATERIALIZED (
    SELECT target_id, source_id, enforced, count(*) OVER (PARTITION BY target_id) = 1 AND NOT scoped AS is_alone
    FROM reference_outflow
)
INSERT INTO account_candidate (cso_id, attribute_id, target_id, is_change)
SELECT DISTINCT reference.cso_id, reference.attribute_id, reference.target_id, false
FROM cso_reference AS reference
JOIN flow ON flow.target_id = reference.attribute_id
         AND flow.enforced
JOIN cso_join AS holder ON holder.cso_id = reference.cso_id
JOIN cso_join AS own ON own.mvo_id = holder.mvo_id
                    AND own.system_id = %(own)s
LEFT JOIN cso_join AS referred ON referred.cso_id = reference.target_id
WHERE reference.system_id = %(system)s
  AND reference.change_number > %(after)s
  AND reference.change_number <= %(last)s
  AND reference.target_id IS NOT NULL
  AND NOT (
      flow.is_alone
      AND (
          SELECT true
          FROM mvo_reference AS held
          WHERE held.mvo_id = holder.mvo_id
            AND held.attribute_id = flow.source_id
            AND held.target_id = referred.mvo_id
      ) IS NOT NULL
      AND (
          SELECT true
          FROM pending_export_reference AS queued
          WHERE queued.cso_id = reference.cso_id
            AND queued.attribute_id = reference.attribute_id
            AND queued.target_id = reference.target_id
          LIMIT 1
      ) IS NULL
      AND (
          SELECT true
          FROM pending_export AS leaving
          WHERE leaving.cso_id = reference.target_id
            AND leaving.change_type = 'Delete'
      ) IS NULL
  );

-- name: add_missed_references
-- References that somebody removed from an account in the run's system. Index: removed_reference_by_system.
INSERT INTO account_candidate (cso_id, attribute_id, target_id, is_change)
SELECT DISTINCT reference.cso_id, reference.attribute_id, reference.target_id, false
FROM removed_reference AS reference
JOIN reference_outflow AS flow ON flow.target_id = reference.attribute_id
                              AND flow.enforced
WHERE reference.system_id = %(system)s
  AND reference.id > %(after)s
  AND reference.id <= %(last)s;

-- name: expand_joins_to_mvos
-- What a join carries into the metaverse: the references of its MVO in attributes that its system contributes to, and
-- the references to it. Index: changed_join_pkey, mvo_reference_pkey, mvo_reference_by_target, cso_reference_pkey,
-- cso_reference_by_target, cso_join_pkey, cso_join_one_per_system.
WITH changed AS MATERIALIZED (
    SELECT changed_join.id, changed_join.cso_id, changed_join.mvo_id, changed_join.system_id, mvo.type_id
    FROM changed_join
    LEFT JOIN mvo ON mvo.id = changed_join.mvo_id
    WHERE changed_join.id > %(after)s
      AND changed_join.id <= %(last)s
), contributed AS (
    SELECT DISTINCT changed.id, changed.mvo_id, changed.type_id, flow.target_id AS attribute_id
    FROM changed
    JOIN reference_inflow AS flow ON flow.system_id = changed.system_id
                                 AND flow.type_id = changed.type_id
), found AS (
    SELECT contributed.id, contributed.mvo_id, contributed.attribute_id, held.target_id
    FROM contributed
    CROSS JOIN LATERAL (
        SELECT mvo_reference.target_id
        FROM mvo_reference
        WHERE mvo_reference.mvo_id = contributed.mvo_id
          AND mvo_reference.attribute_id = contributed.attribute_id
        OFFSET 0
    ) AS held
    UNION ALL
    SELECT contributed.id, contributed.mvo_id, contributed.attribute_id, target.mvo_id
    FROM contributed
    JOIN reference_inflow AS flow ON flow.target_id = contributed.attribute_id
                                 AND flow.type_id = contributed.type_id
    JOIN cso_join AS holder ON holder.mvo_id = contributed.mvo_id
                           AND holder.system_id = flow.system_id
    CROSS JOIN LATERAL (
        SELECT reference.target_id
        FROM cso_reference AS reference
        WHERE reference.cso_id = holder.cso_id
          AND reference.attribute_id = flow.source_id
        OFFSET 0
    ) AS given
    JOIN cso_join AS target ON target.cso_id = given.target_id
    UNION ALL
    SELECT changed.id, holder.mvo_id, flow.target_id, changed.mvo_id
    FROM changed
    CROSS JOIN LATERAL (
        SELECT reference.cso_id, reference.attribute_id
        FROM cso_reference AS reference
        WHERE reference.target_id = changed.cso_id
        OFFSET 0
    ) AS referring
    JOIN reference_inflow AS flow ON flow.source_id = referring.attribute_id
    JOIN cso_join AS holder ON holder.cso_id = referring.cso_id
    JOIN mvo ON mvo.id = holder.mvo_id
            AND mvo.type_id = flow.type_id
    UNION ALL
    SELECT changed.id, held.mvo_id, held.attribute_id, changed.mvo_id
    FROM changed
    CROSS JOIN LATERAL (
        SELECT mvo_reference.mvo_id, mvo_reference.attribute_id
        FROM mvo_reference
        WHERE mvo_reference.target_id = changed.mvo_id
          AND mvo_reference.system_id = changed.system_id
        OFFSET 0
    ) AS held
)
INSERT INTO mvo_work (mvo_id, attribute_id, target_id)
SELECT mvo_id, attribute_id, target_id
FROM found
ORDER BY id, mvo_id, attribute_id, target_id;

-- name: expand_joins_to_accounts
-- What a join carries into its target system: the references its account is to have, has and is queued to have, and
-- those of other accounts to it. Index: changed_join_pkey, mvo_reference_pkey, mvo_reference_by_target,
-- cso_reference_pkey, cso_reference_by_target, cso_join_one_per_system, pending_export_reference_pkey,
-- queued_reference_by_target.
WITH changed AS MATERIALIZED (
    SELECT changed_join.id, changed_join.cso_id, changed_join.mvo_id, changed_join.system_id, mvo.type_id
    FROM changed_join
    LEFT JOIN mvo ON mvo.id = changed_join.mvo_id
    WHERE changed_join.id > %(after)s
      AND changed_join.id <= %(last)s
      AND EXISTS (SELECT FROM reference_outflow AS flow WHERE flow.system_id = changed_join.system_id)
), found AS (
    SELECT changed.id, changed.cso_id, flow.target_id AS attribute_id, target.cso_id AS target_id
    FROM changed
    JOIN reference_outflow AS flow ON flow.system_id = changed.system_id
                                  AND flow.type_id = changed.type_id
    CROSS JOIN LATERAL (
        SELECT mvo_reference.target_id
        FROM mvo_reference
        WHERE mvo_reference.mvo_id = changed.mvo_id
          AND mvo_reference.attribute_id = flow.source_id
        OFFSET 0
    ) AS held
    JOIN cso_join AS target ON target.mvo_id = held.target_id
                           AND target.system_id = changed.system_id
    UNION ALL
    SELECT changed.id, changed.cso_id, had.attribute_id, had.target_id
    FROM changed
    CROSS JOIN LATERAL (
        SELECT reference.attribute_id, reference.target_id
        FROM cso_reference AS reference
        WHERE reference.cso_id = changed.cso_id
          AND reference.target_id IS NOT NULL
        UNION ALL
        SELECT queued.attribute_id, queued.target_id
        FROM pending_export_reference AS queued
        WHERE queued.cso_id = changed.cso_id
        OFFSET 0
    ) AS had
    UNION ALL
    SELECT changed.id, holder.cso_id, flow.target_id, changed.cso_id
    FROM changed
    CROSS JOIN LATERAL (
        SELECT mvo_reference.mvo_id, mvo_reference.attribute_id
        FROM mvo_reference
        WHERE mvo_reference.target_id = changed.mvo_id
        OFFSET 0
    ) AS held
    JOIN reference_outflow AS flow ON flow.source_id = held.attribute_id
                                  AND flow.system_id = changed.system_id
    JOIN mvo ON mvo.id = held.mvo_id
            AND mvo.type_id = flow.type_id
    JOIN cso_join AS holder ON holder.mvo_id = held.mvo_id
                           AND holder.system_id = changed.system_id
    UNION ALL
    SELECT changed.id, referring.cso_id, referring.attribute_id, changed.cso_id
    FROM changed
    CROSS JOIN LATERAL (
        SELECT reference.cso_id, reference.attribute_id
        FROM cso_reference AS reference
        WHERE reference.target_id = changed.cso_id
        UNION ALL
        SELECT queued.cso_id, queued.attribute_id
        FROM pending_export_reference AS queued
        WHERE queued.target_id = changed.cso_id
        OFFSET 0
    ) AS referring
)
INSERT INTO account_work (cso_id, attribute_id, target_id)
SELECT found.cso_id, found.attribute_id, found.target_id
FROM found
WHERE EXISTS (SELECT FROM reference_outflow AS flow WHERE flow.target_id = found.attribute_id)
ORDER BY found.id, found.cso_id, found.attribute_id, found.target_id;

-- name: want_attributes
-- The attributes that the page's candidates are of. Index: mvo_pkey.
INSERT INTO wanted_attribute (mvo_id, attribute_id)
SELECT candidate.mvo_id, candidate.attribute_id
FROM (SELECT DISTINCT mvo_id, attribute_id FROM mvo_candidate) AS candidate
JOIN mvo ON mvo.id = candidate.mvo_id
        AND mvo.status = 'Normal';

-- name: want_attributes_of_work
-- Attributes of the MVOs of changed objects, where a rule takes some objects only.
-- Index: work_pkey, cso_join_pkey, mvo_pkey.
INSERT INTO wanted_attribute (mvo_id, attribute_id)
SELECT DISTINCT holder.mvo_id, flow.target_id
FROM work
JOIN cso_join AS holder ON holder.cso_id = work.object_id
JOIN mvo ON mvo.id = holder.mvo_id
JOIN reference_inflow AS flow ON flow.type_id = mvo.type_id
                             AND flow.system_id = holder.system_id
                             AND flow.scoped
WHERE work.phase = 'active'
  AND work.ordinal > %(after)s
  AND work.ordinal <= %(last)s;

-- name: scoped_contributors
-- Objects that may hold these attributes by a rule which takes some objects only.
-- Index: mvo_pkey, cso_join_one_per_system, cso_pkey.
SELECT DISTINCT flow.rule_id, cso.id::text, cso.object_type_id, cso.document::text
FROM wanted_attribute AS wanted
JOIN mvo ON mvo.id = wanted.mvo_id
JOIN reference_inflow AS flow ON flow.target_id = wanted.attribute_id
                             AND flow.type_id = mvo.type_id
                             AND flow.scoped
JOIN cso_join AS holder ON holder.mvo_id = wanted.mvo_id
                       AND holder.system_id = flow.system_id
JOIN cso ON cso.id = holder.cso_id
        AND cso.object_type_id = flow.object_type_id;

-- name: elect_contributors
-- Who holds each attribute of the page: the best mapping, by rank, whose object has a value that leads to an MVO. An object
-- out of the rule's scope gives nothing; one that kept its join all the same keeps what it holds, as it was (frozen).
-- several: it has more than one value, and the attribute takes only one. contributors: mappings that could have held it.
-- Index: mvo_pkey, cso_join_one_per_system, cso_pkey, cso_reference_pkey, cso_join_pkey, mvo_reference_pkey.
CREATE TEMPORARY TABLE elected (
    mvo_id uuid,
    attribute_id integer,
    system_id integer NOT NULL,
    rule_id integer NOT NULL,
    source_id integer NOT NULL,
    cso_id uuid NOT NULL,
    single_valued boolean NOT NULL,
    contributors bigint NOT NULL,
    sources bigint NOT NULL,
    frozen boolean NOT NULL,
    several boolean NOT NULL,
    PRIMARY KEY (mvo_id, attribute_id)
) ON COMMIT DROP;
INSERT INTO elected
WITH contributor AS (
    SELECT
        wanted.mvo_id, wanted.attribute_id, flow.system_id, flow.rule_id, flow.source_id, cso.id AS cso_id,
        flow.single_valued, flow.null_is_value, flow.rank, outside.is_retained IS NOT NULL AS frozen,
        count(*) OVER (PARTITION BY wanted.mvo_id, wanted.attribute_id) AS contributors,
        count(*) OVER (PARTITION BY wanted.mvo_id, wanted.attribute_id, flow.rule_id) AS sources
    FROM wanted_attribute AS wanted
    JOIN mvo ON mvo.id = wanted.mvo_id
            AND mvo.status = 'Normal'
    JOIN reference_inflow AS flow ON flow.target_id = wanted.attribute_id
                                 AND flow.type_id = mvo.type_id
    JOIN cso_join AS holder ON holder.mvo_id = wanted.mvo_id
                           AND holder.system_id = flow.system_id
    JOIN cso ON cso.id = holder.cso_id
            AND cso.object_type_id = flow.object_type_id
            AND cso.status <> 'PendingProvisioning'
    LEFT JOIN outside_of_rule AS outside ON outside.rule_id = flow.rule_id
                                        AND outside.object_id = cso.id
    WHERE outside.is_retained IS NOT FALSE
)
SELECT DISTINCT ON (mvo_id, attribute_id)
    mvo_id, attribute_id, system_id, rule_id, source_id, cso_id, single_valued, contributors, sources, frozen,
    single_valued AND EXISTS (
        SELECT
        FROM cso_reference AS one
        JOIN cso_reference AS other ON other.cso_id = one.cso_id
                                   AND other.attribute_id = one.attribute_id
                                   AND coalesce(other.target_id, other.name_hash) <> coalesce(one.target_id, one.name_hash)
        WHERE one.cso_id = contributor.cso_id
          AND one.attribute_id = contributor.source_id
    )
FROM contributor
WHERE CASE
    WHEN frozen THEN rule_id IS NOT DISTINCT FROM (
        SELECT held.rule_id
        FROM mvo_reference AS held
        WHERE held.mvo_id = contributor.mvo_id
          AND held.attribute_id = contributor.attribute_id
        LIMIT 1
    )
    ELSE null_is_value OR (
        SELECT true
        FROM cso_reference AS reference
        JOIN cso_join AS target ON target.cso_id = reference.target_id
        WHERE reference.cso_id = contributor.cso_id
          AND reference.attribute_id = contributor.source_id
        LIMIT 1
    )
END
ORDER BY mvo_id, attribute_id, rank;

-- name: any_single_values
-- Whether any attribute of the page takes one value.
SELECT 1
FROM elected
WHERE single_valued
LIMIT 1;

-- name: add_single_values
-- Of an attribute with one value, all that it has and is to have. OFFSET 0: looked up for each, whatever half a million
-- members of one group make of the averages. Index: mvo_reference_pkey, cso_reference_pkey, cso_join_pkey.
INSERT INTO mvo_candidate (mvo_id, attribute_id, target_id)
SELECT elected.mvo_id, elected.attribute_id, held.target_id
FROM elected
CROSS JOIN LATERAL (
    SELECT mvo_reference.target_id
    FROM mvo_reference
    WHERE mvo_reference.mvo_id = elected.mvo_id
      AND mvo_reference.attribute_id = elected.attribute_id
    OFFSET 0
) AS held
WHERE elected.single_valued
UNION
SELECT elected.mvo_id, elected.attribute_id, target.mvo_id
FROM elected
CROSS JOIN LATERAL (
    SELECT reference.target_id
    FROM cso_reference AS reference
    WHERE reference.cso_id = elected.cso_id
      AND reference.attribute_id = elected.source_id
    OFFSET 0
) AS given
JOIN cso_join AS target ON target.cso_id = given.target_id
WHERE elected.single_valued
ON CONFLICT DO NOTHING;

-- name: note_new_holders
-- Where another contributor than before holds an attribute, all its values are looked at: its join is noted as changed.
-- Until a run has done so the note stays. Index: mvo_reference_pkey, changed_join_by_cso.
INSERT INTO changed_join (cso_id, mvo_id, system_id)
SELECT elected.cso_id, elected.mvo_id, elected.system_id
FROM elected
LEFT JOIN LATERAL (
    SELECT true AS is_there, held.rule_id
    FROM mvo_reference AS held
    WHERE held.mvo_id = elected.mvo_id
      AND held.attribute_id = elected.attribute_id
    LIMIT 1
) AS present ON true
WHERE NOT elected.single_valued
  AND NOT elected.frozen
  AND (
      elected.sources > 1
      OR (present.is_there AND present.rule_id IS DISTINCT FROM elected.rule_id)
      OR (present.is_there IS NULL AND elected.contributors > 1)
  )
  AND NOT EXISTS (
      SELECT
      FROM changed_join
      WHERE changed_join.cso_id = elected.cso_id
        AND changed_join.mvo_id = elected.mvo_id
  );

-- name: note_rescoped_holders
-- The same of changed objects, any of which may have entered or left a rule's scope: the joins of those by which the
-- attribute is to be held, or was. Index: mvo_reference_pkey, cso_join_one_per_system, changed_join_by_cso.
INSERT INTO changed_join (cso_id, mvo_id, system_id)
SELECT DISTINCT holder.cso_id, holder.mvo_id, holder.system_id
FROM wanted_attribute AS wanted
LEFT JOIN elected ON elected.mvo_id = wanted.mvo_id
                 AND elected.attribute_id = wanted.attribute_id
LEFT JOIN LATERAL (
    SELECT held.rule_id, held.system_id
    FROM mvo_reference AS held
    WHERE held.mvo_id = wanted.mvo_id
      AND held.attribute_id = wanted.attribute_id
    LIMIT 1
) AS present ON true
JOIN cso_join AS holder ON holder.mvo_id = wanted.mvo_id
                       AND holder.system_id = coalesce(elected.system_id, present.system_id)
WHERE elected.frozen IS NOT TRUE
  AND present.rule_id IS DISTINCT FROM elected.rule_id
  AND NOT EXISTS (
      SELECT
      FROM changed_join
      WHERE changed_join.cso_id = holder.cso_id
        AND changed_join.mvo_id = holder.mvo_id
  );

-- name: judge_mvo_references
-- What becomes of each candidate. Add, take over, remove; release: nobody holds it any more, and it stays; null: it is
-- as it is to be. Without a contributor, a value whose object left goes if its type says so and the MVO is not about to
-- be deleted as a whole; values of rules that are gone go in a full synchronisation of their system.
-- Index: mvo_reference_pkey, mvo_pkey, cso_join_one_per_system, cso_reference_by_target.
CREATE TEMPORARY TABLE judged_reference (
    mvo_id uuid NOT NULL,
    attribute_id integer NOT NULL,
    target_id uuid NOT NULL,
    verdict text,
    system_id integer,
    rule_id integer,
    cso_id uuid
) ON COMMIT DROP;
INSERT INTO judged_reference
SELECT
    candidate.mvo_id, candidate.attribute_id, candidate.target_id,
    CASE
        WHEN elected.several OR elected.frozen THEN NULL
        WHEN elected.cso_id IS NOT NULL THEN
            CASE
                WHEN (
                    SELECT true
                    FROM cso_reference AS reference
                    WHERE reference.target_id = target.cso_id
                      AND reference.cso_id = elected.cso_id
                      AND reference.attribute_id = elected.source_id
                    LIMIT 1
                ) THEN
                    CASE
                        WHEN held.mvo_id IS NULL THEN
                            (SELECT 'add' FROM mvo AS referred WHERE referred.id = candidate.target_id AND status = 'Normal')
                        WHEN held.rule_id IS DISTINCT FROM elected.rule_id THEN 'take'
                    END
                WHEN held.mvo_id IS NOT NULL THEN 'remove'
            END
        WHEN held.system_id IS NULL THEN NULL
        WHEN lost.rule_id IS NOT NULL THEN
            CASE
                WHEN (
                    SELECT true
                    FROM cso_join
                    WHERE cso_join.mvo_id = held.mvo_id
                      AND cso_join.system_id = held.system_id
                ) THEN 'remove'
                WHEN lost.recalls AND (
                    SELECT mvo.deletion_eligible
                    FROM mvo
                    WHERE mvo.id = candidate.mvo_id
                ) IS NULL THEN 'remove'
                ELSE 'release'
            END
        WHEN %(full)s AND held.system_id = %(system)s THEN 'remove'
    END,
    elected.system_id, elected.rule_id, elected.cso_id
FROM mvo_candidate AS candidate
JOIN wanted_attribute AS wanted ON wanted.mvo_id = candidate.mvo_id
                               AND wanted.attribute_id = candidate.attribute_id
LEFT JOIN elected ON elected.mvo_id = candidate.mvo_id
                 AND elected.attribute_id = candidate.attribute_id
LEFT JOIN cso_join AS target ON target.mvo_id = candidate.target_id
                            AND target.system_id = elected.system_id
LEFT JOIN mvo_reference AS held ON held.mvo_id = candidate.mvo_id
                               AND held.attribute_id = candidate.attribute_id
                               AND held.target_id = candidate.target_id
LEFT JOIN LATERAL (
    SELECT flow.rule_id, flow.recalls
    FROM reference_inflow AS flow
    WHERE flow.rule_id = held.rule_id
      AND flow.target_id = held.attribute_id
    LIMIT 1
) AS lost ON true;

-- name: add_mvo_references
-- Writes mvo_reference.
INSERT INTO mvo_reference (mvo_id, attribute_id, target_id, system_id, rule_id)
SELECT mvo_id, attribute_id, target_id, system_id, rule_id
FROM judged_reference
WHERE verdict = 'add';

-- name: hand_over_mvo_references
-- Another holder, or none. Index: mvo_reference_pkey.
UPDATE mvo_reference AS held
SET system_id = CASE judged.verdict WHEN 'take' THEN judged.system_id END,
    rule_id = CASE judged.verdict WHEN 'take' THEN judged.rule_id END
FROM judged_reference AS judged
WHERE judged.verdict IN ('take', 'release')
  AND held.mvo_id = judged.mvo_id
  AND held.attribute_id = judged.attribute_id
  AND held.target_id = judged.target_id;

-- name: drop_mvo_references
-- Index: mvo_reference_pkey.
DELETE FROM mvo_reference AS held
USING judged_reference AS judged
WHERE judged.verdict = 'remove'
  AND held.mvo_id = judged.mvo_id
  AND held.attribute_id = judged.attribute_id
  AND held.target_id = judged.target_id;

-- name: count_flowed
-- Attributes that changed for the first time in this run and are not counted yet, by MVO, with an object that gives or
-- gave the values. Index: flowed_reference_pkey, announced_reference_pkey.
WITH flowed AS (
    INSERT INTO flowed_reference (mvo_id, attribute_id)
    SELECT DISTINCT mvo_id, attribute_id
    FROM judged_reference
    WHERE verdict IN ('add', 'remove')
    ON CONFLICT DO NOTHING
    RETURNING mvo_id, attribute_id
)
SELECT flowed.mvo_id::text, count(*), min(elected.cso_id::text)
FROM flowed
LEFT JOIN elected USING (mvo_id, attribute_id)
WHERE NOT EXISTS (
    SELECT
    FROM announced_reference AS announced
    WHERE announced.mvo_id = flowed.mvo_id
      AND announced.attribute_id = flowed.attribute_id
)
GROUP BY flowed.mvo_id;

-- name: touch_mvos
-- MVOs that were there before the run have changed in it. Index: mvo_pkey.
UPDATE mvo
SET last_updated = %(now)s
WHERE id = ANY (%(ids)s::uuid[])
  AND created < %(started)s;

-- name: refused_mvo_references
-- Attributes that take one value and were to get several, with the object and its join.
INSERT INTO failed_join (cso_id, mvo_id, system_id)
SELECT cso_id, mvo_id, system_id
FROM elected
WHERE several
ON CONFLICT DO NOTHING
RETURNING cso_id::text, mvo_id::text,
    (
        SELECT elected.attribute_id
        FROM elected
        WHERE elected.several
          AND elected.cso_id = failed_join.cso_id
          AND elected.mvo_id = failed_join.mvo_id
        LIMIT 1
    );

-- name: note_frozen_attributes
-- What could not flow because its object is in no rule's scope flows when it is again: until then, every run asks.
INSERT INTO failed_join (cso_id, mvo_id, system_id)
SELECT elected.cso_id, elected.mvo_id, elected.system_id
FROM elected
WHERE elected.frozen
ON CONFLICT DO NOTHING;

-- name: add_consequences
-- What the page's references mean for accounts: of those that changed, or in a full synchronisation of all it judged, but
-- for those that accounts have, which are looked at with everything that these have (add_drifted_references).
-- Index: mvo_pkey, cso_join_one_per_system, cso_reference_by_target.
INSERT INTO account_candidate (cso_id, attribute_id, target_id, is_change)
SELECT holder.cso_id, flow.target_id, target.cso_id, bool_or(coalesce(judged.verdict IN ('add', 'remove'), false))
FROM judged_reference AS judged
JOIN mvo ON mvo.id = judged.mvo_id
JOIN reference_outflow AS flow ON flow.source_id = judged.attribute_id
                              AND flow.type_id = mvo.type_id
                              AND (flow.enforced OR judged.verdict IN ('add', 'remove'))
JOIN cso_join AS holder ON holder.mvo_id = judged.mvo_id
                       AND holder.system_id = flow.system_id
JOIN cso_join AS target ON target.mvo_id = judged.target_id
                       AND target.system_id = flow.system_id
WHERE judged.verdict IN ('add', 'remove')
   OR (
       %(full)s
       AND NOT (
           (
               SELECT true
               FROM cso_reference AS reference
               WHERE reference.target_id = target.cso_id
                 AND reference.cso_id = holder.cso_id
                 AND reference.attribute_id = flow.target_id
               LIMIT 1
           ) IS NOT NULL
           AND (
               SELECT true
               FROM cso_join AS own
               WHERE own.mvo_id = judged.mvo_id
                 AND own.system_id = %(system)s
           ) IS NOT NULL
       )
   )
GROUP BY holder.cso_id, flow.target_id, target.cso_id
ON CONFLICT (cso_id, attribute_id, target_id)
    DO UPDATE SET is_change = account_candidate.is_change OR excluded.is_change;

-- name: find_whole_attributes
-- Attributes of the page's accounts of which one value cannot be judged alone.
CREATE TEMPORARY TABLE whole_attribute (
    cso_id uuid,
    attribute_id integer,
    is_change boolean NOT NULL,
    PRIMARY KEY (cso_id, attribute_id)
) ON COMMIT DROP;
INSERT INTO whole_attribute (cso_id, attribute_id, is_change)
SELECT candidate.cso_id, candidate.attribute_id, bool_or(candidate.is_change)
FROM account_candidate AS candidate
WHERE candidate.attribute_id IN (SELECT flow.target_id FROM reference_outflow AS flow WHERE flow.whole)
GROUP BY candidate.cso_id, candidate.attribute_id;

-- name: add_whole_attributes
-- All that they have, are queued to have and are to have. OFFSET 0 as in add_single_values.
-- Index: cso_reference_pkey, pending_export_reference_pkey, cso_join_pkey, mvo_reference_pkey, cso_join_one_per_system.
INSERT INTO account_candidate (cso_id, attribute_id, target_id, is_change)
SELECT whole.cso_id, whole.attribute_id, had.target_id, whole.is_change
FROM whole_attribute AS whole
CROSS JOIN LATERAL (
    SELECT reference.target_id
    FROM cso_reference AS reference
    WHERE reference.cso_id = whole.cso_id
      AND reference.attribute_id = whole.attribute_id
      AND reference.target_id IS NOT NULL
    OFFSET 0
) AS had
UNION
SELECT whole.cso_id, whole.attribute_id, queued.target_id, whole.is_change
FROM whole_attribute AS whole
CROSS JOIN LATERAL (
    SELECT change.target_id
    FROM pending_export_reference AS change
    WHERE change.cso_id = whole.cso_id
      AND change.attribute_id = whole.attribute_id
    OFFSET 0
) AS queued
UNION
SELECT whole.cso_id, whole.attribute_id, target.cso_id, whole.is_change
FROM whole_attribute AS whole
JOIN cso_join AS holder ON holder.cso_id = whole.cso_id
JOIN reference_outflow AS flow ON flow.target_id = whole.attribute_id
CROSS JOIN LATERAL (
    SELECT mvo_reference.target_id
    FROM mvo_reference
    WHERE mvo_reference.mvo_id = holder.mvo_id
      AND mvo_reference.attribute_id = flow.source_id
    OFFSET 0
) AS held
JOIN cso_join AS target ON target.mvo_id = held.target_id
                       AND target.system_id = holder.system_id
ON CONFLICT (cso_id, attribute_id, target_id)
    DO UPDATE SET is_change = account_candidate.is_change OR excluded.is_change;

-- name: scoped_accounts
-- MVOs with accounts that may get values by a rule which takes some MVOs only. Index: cso_join_pkey, mvo_pkey.
SELECT DISTINCT flow.rule_id, mvo.id::text, mvo.document::text
FROM (SELECT DISTINCT cso_id, attribute_id FROM account_candidate) AS wanted
JOIN cso_join AS holder ON holder.cso_id = wanted.cso_id
JOIN mvo ON mvo.id = holder.mvo_id
JOIN reference_outflow AS flow ON flow.target_id = wanted.attribute_id
                              AND flow.type_id = mvo.type_id
                              AND flow.scoped;

-- name: find_account_flows
-- By which mapping each attribute of an account gets its values: of the rules that take its MVO the first, and of several
-- sources the first that has any. Accounts
-- that are obsolete, about to go or in scope of no rule are left alone, and what is written only into new objects once
-- they have left. several: it takes one value, and is to have more. has_any, has_queued: where an account has nothing yet, or
-- nothing is queued, its references need no look.
-- Index: cso_pkey, cso_join_pkey, mvo_pkey, mvo_reference_pkey, pending_export_cso_id_key, cso_reference_pkey,
-- pending_export_reference_pkey.
CREATE TEMPORARY TABLE account_flow (
    cso_id uuid,
    attribute_id integer,
    mvo_id uuid NOT NULL,
    system_id integer NOT NULL,
    source_id integer NOT NULL,
    single_valued boolean NOT NULL,
    enforced boolean NOT NULL,
    several boolean NOT NULL,
    has_any boolean NOT NULL,
    has_queued boolean NOT NULL,
    PRIMARY KEY (cso_id, attribute_id)
) ON COMMIT DROP;
INSERT INTO account_flow
SELECT
    wanted.cso_id, wanted.attribute_id, holder.mvo_id, holder.system_id, flow.source_id, flow.single_valued,
    flow.enforced,
    flow.single_valued AND (
        SELECT true
        FROM mvo_reference AS one
        WHERE one.mvo_id = holder.mvo_id
          AND one.attribute_id = flow.source_id
        LIMIT 1 OFFSET 1
    ) IS NOT NULL,
    (
        SELECT true
        FROM cso_reference AS reference
        WHERE reference.cso_id = wanted.cso_id
          AND reference.attribute_id = wanted.attribute_id
        LIMIT 1
    ) IS NOT NULL,
    (
        SELECT true
        FROM pending_export_reference AS queued
        WHERE queued.cso_id = wanted.cso_id
          AND queued.attribute_id = wanted.attribute_id
        LIMIT 1
    ) IS NOT NULL
FROM (SELECT DISTINCT cso_id, attribute_id FROM account_candidate) AS wanted
JOIN cso AS account ON account.id = wanted.cso_id
                   AND account.status <> 'Obsolete'
JOIN cso_join AS holder ON holder.cso_id = wanted.cso_id
                       AND holder.rule_id IS NOT NULL
JOIN mvo ON mvo.id = holder.mvo_id
CROSS JOIN LATERAL (
    SELECT outflow.source_id, outflow.single_valued, outflow.enforced, outflow.initial_only
    FROM reference_outflow AS outflow
    WHERE outflow.target_id = wanted.attribute_id
      AND outflow.type_id = mvo.type_id
      AND NOT EXISTS (
          SELECT
          FROM outside_of_rule AS outside
          WHERE outside.rule_id = outflow.rule_id
            AND outside.object_id = mvo.id
      )
    ORDER BY
        outflow.rank,
        (
            SELECT true
            FROM mvo_reference AS held
            WHERE held.mvo_id = holder.mvo_id
              AND held.attribute_id = outflow.source_id
            LIMIT 1
        ) IS NULL,
        outflow.place
    LIMIT 1
) AS flow
LEFT JOIN pending_export AS export ON export.cso_id = wanted.cso_id
WHERE export.change_type IS DISTINCT FROM 'Delete'
  AND (NOT flow.initial_only OR (export.change_type = 'Create' AND export.sent IS NULL));

-- name: judge_account_references
-- Whether each reference is wanted, and whether the account has it, overlaid with what left for it. One to an account that
-- is to be deleted is not; references to obsolete objects are left to the synchronisation of their own system.
-- may_be_unnamed: the target is still to be created, and by what it will be called may not be known.
-- Index: cso_pkey, cso_join_pkey, mvo_reference_pkey, cso_reference_by_target, pending_export_reference_pkey,
-- pending_export_cso_id_key.
CREATE TEMPORARY TABLE judged_change (
    cso_id uuid NOT NULL,
    attribute_id integer NOT NULL,
    target_id uuid NOT NULL,
    system_id integer NOT NULL,
    mvo_id uuid NOT NULL,
    single_valued boolean NOT NULL,
    several boolean NOT NULL,
    wanted boolean NOT NULL,
    present boolean NOT NULL,
    may_be_unnamed boolean NOT NULL,
    PRIMARY KEY (cso_id, attribute_id, target_id)
) ON COMMIT DROP;
INSERT INTO judged_change
SELECT
    candidate.cso_id, candidate.attribute_id, candidate.target_id, flow.system_id, flow.mvo_id, flow.single_valued,
    flow.several,
    (
        SELECT true
        FROM mvo_reference AS held
        WHERE held.mvo_id = flow.mvo_id
          AND held.attribute_id = flow.source_id
          AND held.target_id = referred.mvo_id
    ) IS NOT NULL AND (
        SELECT true
        FROM pending_export AS leaving
        WHERE leaving.cso_id = candidate.target_id
          AND leaving.change_type = 'Delete'
    ) IS NULL,
    coalesce(
        (
            SELECT NOT left_already.is_removal
            FROM pending_export_reference AS left_already
            WHERE flow.has_queued
              AND left_already.cso_id = candidate.cso_id
              AND left_already.attribute_id = candidate.attribute_id
              AND left_already.target_id = candidate.target_id
              AND left_already.status <> 'Pending'
            ORDER BY left_already.status = 'Executing' DESC
            LIMIT 1
        ),
        (
            SELECT true
            FROM cso_reference AS reference
            WHERE flow.has_any
              AND reference.target_id = candidate.target_id
              AND reference.cso_id = candidate.cso_id
              AND reference.attribute_id = candidate.attribute_id
            LIMIT 1
        ),
        false
    ),
    coalesce(
        target.status = 'PendingProvisioning'
            AND (
                target.external_id IS NULL
                OR target.object_type_id IN (SELECT object_type_id FROM attribute WHERE is_secondary_external_id)
            ),
        false
    )
FROM account_candidate AS candidate
JOIN account_flow AS flow ON flow.cso_id = candidate.cso_id
                         AND flow.attribute_id = candidate.attribute_id
LEFT JOIN cso_join AS referred ON referred.cso_id = candidate.target_id
LEFT JOIN cso AS target ON target.id = candidate.target_id
WHERE (candidate.is_change OR flow.enforced)
  AND target.status IS DISTINCT FROM 'Obsolete';

-- name: withdraw_reference_changes
-- Queued changes that are not wanted any more, and those of accounts that no MVO has. Where one value is all there can be,
-- another takes its place. Answers the accounts. Each candidate looks its changes up, whatever the statistics say of the
-- queue: thought to be empty, it was read first, and all candidates again for each of its rows (4,000: 22 s instead of
-- 0.02). Index: pending_export_reference_pkey, cso_join_pkey.
WITH withdrawn AS (
    DELETE FROM pending_export_reference
    WHERE ctid = ANY (ARRAY(
        SELECT queued.ctid
        FROM account_candidate AS candidate
        CROSS JOIN LATERAL (
            SELECT ctid, is_removal
            FROM pending_export_reference AS waiting
            WHERE waiting.cso_id = candidate.cso_id
              AND waiting.attribute_id = candidate.attribute_id
              AND waiting.target_id = candidate.target_id
              AND waiting.status = 'Pending'
            OFFSET 0
        ) AS queued
        LEFT JOIN judged_change AS judged USING (cso_id, attribute_id, target_id)
        WHERE CASE
            WHEN judged.several THEN false
            WHEN judged.cso_id IS NOT NULL THEN
                judged.wanted = judged.present
                OR queued.is_removal = judged.wanted
                OR (queued.is_removal AND judged.single_valued AND EXISTS (
                    SELECT
                    FROM judged_change AS other
                    WHERE other.cso_id = judged.cso_id
                      AND other.attribute_id = judged.attribute_id
                      AND other.wanted
                ))
            ELSE NOT EXISTS (SELECT FROM cso_join WHERE cso_join.cso_id = candidate.cso_id)
        END
    ))
    RETURNING cso_id
)
SELECT DISTINCT cso_id::text
FROM withdrawn;

-- name: queue_reference_changes
-- What differs and is not queued yet. A removal keeps the value as the target has it, should the object referred to be
-- gone before it leaves. Answers the accounts. Index: cso_reference_by_target, pending_export_reference_pkey.
WITH changed AS (
    INSERT INTO pending_export_reference AS queued (
        cso_id, attribute_id, target_id, is_removal, system_id, status, text, text_hash
    )
    SELECT
        judged.cso_id, judged.attribute_id, judged.target_id, judged.present, judged.system_id, 'Pending',
        coalesce(had.text, sent.text), had.text_hash
    FROM judged_change AS judged
    LEFT JOIN LATERAL (
        SELECT reference.text, reference.text_hash
        FROM cso_reference AS reference
        WHERE reference.target_id = judged.target_id
          AND reference.cso_id = judged.cso_id
          AND reference.attribute_id = judged.attribute_id
        ORDER BY reference.text
        LIMIT 1
    ) AS had ON judged.present
    LEFT JOIN pending_export_reference AS sent ON judged.present
                                              AND sent.cso_id = judged.cso_id
                                              AND sent.attribute_id = judged.attribute_id
                                              AND sent.target_id = judged.target_id
                                              AND NOT sent.is_removal
    WHERE NOT judged.several
      AND judged.wanted <> judged.present
      AND NOT (judged.single_valued AND judged.present AND EXISTS (
          SELECT
          FROM judged_change AS other
          WHERE other.cso_id = judged.cso_id
            AND other.attribute_id = judged.attribute_id
            AND other.wanted
      ))
    ON CONFLICT (cso_id, attribute_id, target_id, is_removal) DO UPDATE
    SET status = 'Pending',
        text = excluded.text,
        text_hash = excluded.text_hash
    WHERE queued.status <> 'Pending'
    RETURNING queued.cso_id
)
SELECT DISTINCT cso_id::text
FROM changed;

-- name: refused_account_references
-- Attributes of accounts that take one value and were to get several.
INSERT INTO failed_join (cso_id, mvo_id, system_id)
SELECT DISTINCT cso_id, mvo_id, system_id
FROM judged_change
WHERE several
ON CONFLICT DO NOTHING
RETURNING cso_id::text, mvo_id::text,
    (
        SELECT judged_change.attribute_id
        FROM judged_change
        WHERE judged_change.several
          AND judged_change.cso_id = failed_join.cso_id
          AND judged_change.mvo_id = failed_join.mvo_id
        LIMIT 1
    );

-- name: exports_of_accounts
-- The accounts of queued changes with their pending exports, if they have one, and whether it is this run's.
-- Index: cso_join_pkey, pending_export_cso_id_key.
SELECT
    cso_join.cso_id::text, cso_join.mvo_id::text, cso_join.system_id, cso_join.rule_id,
    coalesce(export.created >= %(started)s, false), export.id::text
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (cso_id, place)
JOIN cso_join ON cso_join.cso_id = wanted.cso_id
LEFT JOIN pending_export AS export ON export.cso_id = wanted.cso_id
ORDER BY wanted.place;

-- name: insert_exports_of_references
-- Pending exports that change nothing but references. Index: cso_join_pkey.
INSERT INTO pending_export (
    id, cso_id, system_id, mvo_id, rule_id, change_type, status, created, error_count, max_retries,
    has_unresolved_references, pending
)
SELECT
    new.id, cso_join.cso_id, cso_join.system_id, cso_join.mvo_id, cso_join.rule_id, 'Update', 'Pending', %(now)s, 0,
    system.max_export_attempts, false, '{}'
FROM unnest(%(ids)s::uuid[], %(csos)s::uuid[]) AS new (id, cso_id)
JOIN cso_join ON cso_join.cso_id = new.cso_id
JOIN connected_system AS system ON system.id = cso_join.system_id;

-- name: wake_exports
-- Something new is wanted, and tried at once; what is leaving is settled first. Index: pending_export_cso_id_key.
UPDATE pending_export
SET status = CASE status WHEN 'Executing' THEN status ELSE 'Pending' END,
    error_count = 0,
    next_retry = NULL
WHERE cso_id = ANY (%(ids)s::uuid[]);

-- name: settle_exports_of_references
-- Exports that lost queued references: one that is left without anything goes, one of which all has left waits for its
-- confirmation. Index: pending_export_cso_id_key, pending_export_reference_pkey, cso_pkey.
WITH remaining AS MATERIALIZED (
    SELECT
        export.id,
        EXISTS (SELECT FROM pending_export_reference AS any_left WHERE any_left.cso_id = export.cso_id) AS has_any,
        EXISTS (
            SELECT
            FROM pending_export_reference AS queued
            WHERE queued.cso_id = export.cso_id
              AND queued.status = 'Pending'
        ) AS has_queued,
        export.has_unresolved_references AND EXISTS (
            SELECT
            FROM pending_export_reference AS queued
            WHERE queued.cso_id = export.cso_id
              AND queued.status = 'Pending'
              AND NOT queued.is_removal
              AND (SELECT referable.text FROM referable WHERE referable.cso_id = queued.target_id) IS NULL
        ) AS has_unresolved
    FROM pending_export AS export
    WHERE export.cso_id = ANY (%(ids)s::uuid[])
      AND export.change_type <> 'Delete'
      AND export.pending = '{}'
), gone AS (
    DELETE FROM pending_export AS export
    USING remaining
    WHERE export.id = remaining.id
      AND NOT remaining.has_any
      AND export.sent IS NULL
      AND export.change_type = 'Update'
)
UPDATE pending_export AS export
SET has_unresolved_references = remaining.has_unresolved,
    status = CASE
        WHEN export.status = 'Pending' AND NOT remaining.has_queued THEN 'Exported'
        ELSE export.status
    END
FROM remaining
WHERE export.id = remaining.id
  AND (remaining.has_any OR export.sent IS NOT NULL);

-- name: mark_unresolved
-- Exports that wait for an object which has no identifier in the target yet. Index: pending_export_cso_id_key, cso_pkey.
UPDATE pending_export AS export
SET has_unresolved_references = true
FROM (
    SELECT DISTINCT judged.cso_id
    FROM judged_change AS judged
    WHERE judged.may_be_unnamed
      AND judged.wanted
      AND NOT judged.present
      AND NOT judged.several
      AND (SELECT referable.text FROM referable WHERE referable.cso_id = judged.target_id) IS NULL
) AS waiting
WHERE export.cso_id = waiting.cso_id
  AND NOT export.has_unresolved_references;

-- name: subjects_of_mvos
-- The object each MVO's item is about: of the run's system, or that left it in this run, else the one given or any; with
-- its item and what that says. Index: cso_join_one_per_system, cso_pkey, item_by_cso_pkey, execution_item_pkey,
-- execution_item_detail_pkey.
SELECT
    wanted.mvo_id::text, subject.cso_id::text, cso.external_id, cso.display_name, object_type.name,
    known.cso_id IS NOT NULL OR (%(full)s AND cso.system_id = %(system)s AND cso.status = 'Normal'),
    item.ordinal, item.change_type, item.error_type, item.outcome_summary, detail.outcomes::text
FROM unnest(%(mvos)s::uuid[], %(csos)s::uuid[]) AS wanted (mvo_id, cso_id)
LEFT JOIN cso_join AS own ON own.mvo_id = wanted.mvo_id
                         AND own.system_id = %(system)s
CROSS JOIN LATERAL (
    SELECT coalesce(
        own.cso_id,
        (SELECT freed.cso_id FROM freed WHERE freed.mvo_id = wanted.mvo_id LIMIT 1),
        wanted.cso_id,
        (SELECT any_join.cso_id FROM cso_join AS any_join WHERE any_join.mvo_id = wanted.mvo_id ORDER BY system_id LIMIT 1)
    ) AS cso_id
) AS subject
LEFT JOIN cso ON cso.id = subject.cso_id
LEFT JOIN object_type ON object_type.id = cso.object_type_id
LEFT JOIN item_by_cso AS known ON known.cso_id = subject.cso_id
LEFT JOIN execution_item AS item ON item.month = %(month)s
                                AND item.activity_id = %(activity)s
                                AND item.ordinal = known.ordinal
LEFT JOIN execution_item_detail AS detail ON detail.month = %(month)s
                                         AND detail.activity_id = %(activity)s
                                         AND detail.ordinal = known.ordinal;

-- name: note_new_items
-- Where the page's new items will be. Index: item_by_cso_pkey.
INSERT INTO item_by_cso (cso_id, ordinal)
SELECT cso_id, ordinal
FROM unnest(%(csos)s::uuid[], %(ordinals)s::bigint[]) AS new (cso_id, ordinal)
ON CONFLICT (cso_id) DO UPDATE SET ordinal = excluded.ordinal;

-- name: forget_seen_joins
-- Joins whose references have flowed. Index: changed_join_pkey.
DELETE FROM changed_join
WHERE id <= %(last)s;

-- name: forget_removed_references
-- Index: removed_reference_by_system.
DELETE FROM removed_reference
WHERE system_id = %(system)s
  AND id <= %(upper)s;

-- name: note_failed_joins
-- The next synchronisation looks again at what could not flow.
INSERT INTO changed_join (cso_id, mvo_id, system_id)
SELECT cso_id, mvo_id, system_id
FROM failed_join
ORDER BY cso_id;

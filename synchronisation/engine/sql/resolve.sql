-- name: renamed_bounds
-- The last of the next objects that gave up a name. Index: renamed_pkey.
SELECT max(ordinal)
FROM (SELECT ordinal FROM renamed WHERE ordinal > %(after)s ORDER BY ordinal LIMIT %(limit)s) AS next;

-- name: mark_stale
-- References by a name that their object gave up may be another's by now; until they are, they stay with it: a directory
-- renames the value with its object. Index: renamed_pkey, cso_pkey, cso_reference_by_target.
UPDATE cso_reference AS reference
SET is_stale = true
FROM renamed
JOIN cso AS former ON former.id = renamed.cso_id
WHERE renamed.ordinal > %(after)s
  AND renamed.ordinal <= %(last)s
  AND reference.target_id = former.id
  AND NOT reference.is_stale
  AND NOT (
      former.status <> 'Obsolete'
      AND (
          former.external_id_hash = reference.text_hash
          OR former.secondary_external_id_hash IS NOT DISTINCT FROM reference.name_hash
      )
  );

-- name: lost_page
-- The next objects one of whose references has lost its target in this run, and that have no item yet.
-- Index: lost_reference_pkey, cso_pkey, cso_reference_pkey.
SELECT cso.id::text, cso.external_id, cso.display_name, object_type.name
FROM lost_reference AS lost
JOIN cso ON cso.id = lost.cso_id
JOIN object_type ON object_type.id = cso.object_type_id
WHERE lost.cso_id > %(after)s::uuid
  AND EXISTS (
      SELECT
      FROM cso_reference AS reference
      WHERE reference.cso_id = lost.cso_id
        AND reference.target_id IS NULL
  )
  AND NOT EXISTS (SELECT FROM item_of WHERE item_of.cso_id = lost.cso_id)
ORDER BY lost.cso_id
LIMIT %(limit)s;

-- name: note_items_of
-- Where their items will be.
INSERT INTO item_of (cso_id, ordinal)
SELECT cso_id, ordinal
FROM unnest(%(csos)s::uuid[], %(ordinals)s::bigint[]) AS new (cso_id, ordinal);

-- name: unresolved_bounds
-- The last of the next distinct reference texts without a target, or with one that has another name by now.
-- Index: cso_reference_unresolved.
SELECT max(name_hash::text)::uuid
FROM (
    SELECT DISTINCT name_hash
    FROM cso_reference
    WHERE system_id = %(system)s
      AND (target_id IS NULL OR is_stale)
      AND name_hash > %(after)s::uuid
    ORDER BY name_hash
    LIMIT %(limit)s
) AS next;

-- name: make_resolution
-- The references of a page without a target, or with one that has another name by now (former_id), and the objects that
-- answer to a name. Tables, not parts of a statement: the planner does not know how many rows of a system are new, took
-- them for one, and compared every reference with every name.
CREATE TEMPORARY TABLE unresolved (
    cso_id uuid NOT NULL,
    attribute_id integer NOT NULL,
    text_hash uuid NOT NULL,
    name uuid NOT NULL,
    former_id uuid
) ON COMMIT DROP;
CREATE TEMPORARY TABLE known_name (
    name uuid PRIMARY KEY,
    living bigint NOT NULL,
    found bigint NOT NULL,
    living_id uuid,
    any_id uuid NOT NULL
) ON COMMIT DROP;

-- name: note_unresolved
-- Index: cso_reference_unresolved.
INSERT INTO unresolved (cso_id, attribute_id, text_hash, name, former_id)
SELECT cso_id, attribute_id, text_hash, CASE WHEN %(by_name)s THEN name_hash ELSE text_hash END, target_id
FROM cso_reference
WHERE system_id = %(system)s
  AND (target_id IS NULL OR is_stale)
  AND name_hash > %(after)s::uuid
  AND name_hash <= %(last)s::uuid;

-- name: answer_by_external_id
-- Objects whose exact external ID the text is. Index: cso_external_id.
INSERT INTO known_name (name, living, found, living_id, any_id)
SELECT
    wanted.name,
    count(*) FILTER (WHERE cso.status <> 'Obsolete'),
    count(*),
    min(cso.id::text) FILTER (WHERE cso.status <> 'Obsolete')::uuid,
    min(cso.id::text)::uuid
FROM (SELECT DISTINCT name FROM unresolved) AS wanted
JOIN object_type ON object_type.system_id = %(system)s
JOIN cso ON cso.object_type_id = object_type.id
        AND cso.external_id_hash = wanted.name
GROUP BY wanted.name;

-- name: answer_by_secondary_external_id
-- Objects whose normalised secondary external ID (a DN) it is. Index: cso_by_secondary_external_id.
INSERT INTO known_name (name, living, found, living_id, any_id)
SELECT
    wanted.name,
    count(*) FILTER (WHERE cso.status <> 'Obsolete'),
    count(*),
    min(cso.id::text) FILTER (WHERE cso.status <> 'Obsolete')::uuid,
    min(cso.id::text)::uuid
FROM (SELECT DISTINCT name FROM unresolved) AS wanted
JOIN cso ON cso.system_id = %(system)s
        AND cso.secondary_external_id_hash = wanted.name
GROUP BY wanted.name;

-- name: resolve_unresolved
-- An obsolete object answers only when nothing else does; two answers are no answer, to a reference that had a target
-- neither. What was referred to before is noted where references flow. Index: cso_reference_pkey.
WITH moved AS (
    UPDATE cso_reference AS reference
    SET target_id = CASE
            WHEN answer.living = 1 THEN answer.living_id
            WHEN answer.living = 0 AND answer.found = 1 THEN answer.any_id
        END,
        is_stale = answer.living = 0,
        change_number = nextval('cso_change_number')
    FROM unresolved
    JOIN known_name AS answer ON answer.name = unresolved.name
    WHERE reference.cso_id = unresolved.cso_id
      AND reference.attribute_id = unresolved.attribute_id
      AND reference.text_hash = unresolved.text_hash
      AND (
          answer.living = 1
          OR (answer.living = 0 AND answer.found = 1 AND unresolved.former_id IS NULL)
          OR (answer.living > 1 AND unresolved.former_id IS NOT NULL)
      )
    RETURNING reference.cso_id, reference.attribute_id, reference.target_id, unresolved.former_id
), lost AS (
    INSERT INTO lost_reference (cso_id)
    SELECT DISTINCT cso_id
    FROM moved
    WHERE target_id IS NULL
    ON CONFLICT (cso_id) DO NOTHING
)
INSERT INTO removed_reference (system_id, cso_id, attribute_id, target_id)
SELECT %(system)s, cso_id, attribute_id, former_id
FROM moved
WHERE former_id IS NOT NULL
  AND former_id IS DISTINCT FROM target_id
  AND attribute_id IN (SELECT attribute_id FROM reference_mapping);

-- name: item_bounds
-- The last of the next items of objects with references. Reads item_of.
SELECT max(ordinal)
FROM (
    SELECT ordinal
    FROM item_of
    WHERE ordinal > %(after)s
    ORDER BY ordinal
    LIMIT %(limit)s
) AS next;

-- name: report_unresolved
-- Items of objects that name something unknown say so: the attribute and the first such values.
-- Index: cso_reference_pkey, execution_item_pkey. Repeatable: an item that has an error keeps it.
WITH unresolved AS (
    SELECT item_of.ordinal, reference.attribute_id, reference.text,
        row_number() OVER (PARTITION BY item_of.ordinal ORDER BY reference.attribute_id, reference.text) AS place,
        count(*) OVER (PARTITION BY item_of.ordinal) AS total
    FROM item_of
    JOIN cso_reference AS reference ON reference.cso_id = item_of.cso_id
                                   AND reference.target_id IS NULL
    WHERE item_of.ordinal > %(after)s
      AND item_of.ordinal <= %(last)s
), message AS (
    SELECT
        unresolved.ordinal,
        unresolved.total || ' references name nothing known: '
            || string_agg(attribute.name || ' ' || left(unresolved.text, 200), ', ' ORDER BY unresolved.place)
            || ' …; the values are kept and resolved by a later import' AS text
    FROM unresolved
    JOIN attribute ON attribute.id = unresolved.attribute_id
    WHERE unresolved.place <= %(names)s
    GROUP BY unresolved.ordinal, unresolved.total
)
UPDATE execution_item AS item
SET error_type = 'UnresolvedReference',
    error_message = message.text
FROM message
WHERE item.month = %(month)s
  AND item.activity_id = %(activity)s
  AND item.ordinal = message.ordinal
  AND item.error_type IS NULL
RETURNING item.change_type;

-- name: unresolved_bounds
-- The last of the next distinct reference texts without a target. Index: cso_reference_unresolved.
SELECT max(name_hash::text)::uuid
FROM (
    SELECT DISTINCT name_hash
    FROM cso_reference
    WHERE system_id = %(system)s
      AND target_id IS NULL
      AND name_hash > %(after)s::uuid
    ORDER BY name_hash
    LIMIT %(limit)s
) AS next;

-- name: resolve_by_external_id
-- Texts that are the exact external ID of one object of the system. An obsolete object answers only when nothing else
-- does; two answers are no answer. Index: cso_reference_unresolved, cso_external_id.
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT text_hash
    FROM cso_reference
    WHERE system_id = %(system)s
      AND target_id IS NULL
      AND name_hash > %(after)s::uuid
      AND name_hash <= %(last)s::uuid
), answer AS (
    SELECT
        wanted.text_hash,
        count(*) FILTER (WHERE cso.status <> 'Obsolete') AS living,
        count(*) AS found,
        min(cso.id::text) FILTER (WHERE cso.status <> 'Obsolete') AS living_id,
        min(cso.id::text) AS any_id
    FROM wanted
    JOIN object_type ON object_type.system_id = %(system)s
    JOIN cso ON cso.object_type_id = object_type.id
            AND cso.external_id_hash = wanted.text_hash
    GROUP BY wanted.text_hash
)
UPDATE cso_reference AS reference
SET target_id = coalesce(answer.living_id, answer.any_id)::uuid
FROM answer
WHERE reference.system_id = %(system)s
  AND reference.target_id IS NULL
  AND reference.name_hash > %(after)s::uuid
  AND reference.name_hash <= %(last)s::uuid
  AND reference.text_hash = answer.text_hash
  AND (answer.living = 1 OR (answer.living = 0 AND answer.found = 1));

-- name: resolve_by_secondary_external_id
-- As above by the normalised secondary external ID (a DN). Index: cso_by_secondary_external_id.
WITH wanted AS MATERIALIZED (
    SELECT DISTINCT name_hash
    FROM cso_reference
    WHERE system_id = %(system)s
      AND target_id IS NULL
      AND name_hash > %(after)s::uuid
      AND name_hash <= %(last)s::uuid
), answer AS (
    SELECT
        wanted.name_hash,
        count(*) FILTER (WHERE cso.status <> 'Obsolete') AS living,
        count(*) AS found,
        min(cso.id::text) FILTER (WHERE cso.status <> 'Obsolete') AS living_id,
        min(cso.id::text) AS any_id
    FROM wanted
    JOIN cso ON cso.system_id = %(system)s
            AND cso.secondary_external_id_hash = wanted.name_hash
    GROUP BY wanted.name_hash
)
UPDATE cso_reference AS reference
SET target_id = coalesce(answer.living_id, answer.any_id)::uuid
FROM answer
WHERE reference.system_id = %(system)s
  AND reference.target_id IS NULL
  AND reference.name_hash = answer.name_hash
  AND (answer.living = 1 OR (answer.living = 0 AND answer.found = 1));

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
-- Index: cso_reference_once, execution_item_pkey. Repeatable: an item that has an error keeps it.
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

-- name: save_progress
-- The last statement of every page. Writes the run's own row; takeovers start again from a new checkpoint, which a
-- page that only begins a phase again, or reads again from the start, does not make.
UPDATE activity_progress
SET item_count = %(item_count)s,
    counters = %(counters)s,
    checkpoint = %(checkpoint)s,
    objects_processed = %(processed)s,
    objects_to_process = %(to_process)s,
    takeovers = CASE
        WHEN checkpoint - 'facts' = %(checkpoint)s::jsonb - 'facts' THEN takeovers
        ELSE 0
    END
WHERE activity_id = %(activity)s;

-- name: begin_phase
-- Shows which phase the run is in.
UPDATE activity_progress
SET phase = %(phase)s,
    phase_index = %(index)s,
    phase_count = %(count)s,
    phase_started = now()
WHERE activity_id = %(activity)s;

-- name: stale_tables
-- The tables of at most so many rows, or whose rows were never counted.
SELECT name
FROM unnest(%(tables)s::text[]) AS name
JOIN pg_class ON pg_class.oid = to_regclass(name)
WHERE reltuples <= %(rows)s;

-- name: make_run_tables
-- The run's own copy of each table and view of the template; repeatable.
CREATE TABLE IF NOT EXISTS unchanged (LIKE run_template.unchanged INCLUDING ALL);
CREATE TABLE IF NOT EXISTS staged (LIKE run_template.staged INCLUDING ALL);
CREATE OR REPLACE VIEW seen AS
SELECT row_number, object_type_id, external_id_hash FROM unchanged
UNION ALL
SELECT row_number, object_type_id, external_id_hash FROM staged;
CREATE TABLE IF NOT EXISTS staged_reference (LIKE run_template.staged_reference INCLUDING ALL);
CREATE TABLE IF NOT EXISTS staged_piece (LIKE run_template.staged_piece INCLUDING ALL);
CREATE TABLE IF NOT EXISTS piece_reference (LIKE run_template.piece_reference INCLUDING ALL);
CREATE TABLE IF NOT EXISTS rejected (LIKE run_template.rejected INCLUDING ALL);
CREATE TABLE IF NOT EXISTS work (LIKE run_template.work INCLUDING ALL);
CREATE TABLE IF NOT EXISTS freed (LIKE run_template.freed INCLUDING ALL);
CREATE TABLE IF NOT EXISTS lost_account (LIKE run_template.lost_account INCLUDING ALL);
CREATE TABLE IF NOT EXISTS item_of (LIKE run_template.item_of INCLUDING ALL);
CREATE TABLE IF NOT EXISTS reference_inflow (LIKE run_template.reference_inflow INCLUDING ALL);
CREATE TABLE IF NOT EXISTS reference_outflow (LIKE run_template.reference_outflow INCLUDING ALL);
CREATE TABLE IF NOT EXISTS mvo_work (LIKE run_template.mvo_work INCLUDING ALL);
CREATE TABLE IF NOT EXISTS account_work (LIKE run_template.account_work INCLUDING ALL);
CREATE TABLE IF NOT EXISTS orphaned_reference (LIKE run_template.orphaned_reference INCLUDING ALL);
CREATE TABLE IF NOT EXISTS announced_reference (LIKE run_template.announced_reference INCLUDING ALL);
CREATE TABLE IF NOT EXISTS flowed_reference (LIKE run_template.flowed_reference INCLUDING ALL);
CREATE TABLE IF NOT EXISTS failed_join (LIKE run_template.failed_join INCLUDING ALL);
CREATE TABLE IF NOT EXISTS item_by_cso (LIKE run_template.item_by_cso INCLUDING ALL);
CREATE TABLE IF NOT EXISTS renamed (LIKE run_template.renamed INCLUDING ALL);
CREATE TABLE IF NOT EXISTS lost_reference (LIKE run_template.lost_reference INCLUDING ALL);
CREATE TABLE IF NOT EXISTS named (LIKE run_template.named INCLUDING ALL);

-- name: work_page
-- The next objects of a phase, in order. Reads work by its key.
SELECT ordinal, object_id::text
FROM work
WHERE phase = %(phase)s
  AND ordinal > %(after)s
ORDER BY ordinal
LIMIT %(limit)s;

-- name: count_work
-- How many objects a phase takes. Index: work_pkey.
SELECT count(*)
FROM work
WHERE phase = %(phase)s;

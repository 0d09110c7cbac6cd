-- Views and macros for analysts, made anew with every snapshot. Needs the views of the tables, nothing else.

CREATE VIEW all_targets AS
SELECT * EXCLUDE (corrected_by), NULL::VARCHAR AS label, corrected_by, false AS provisional FROM targets
UNION ALL BY NAME
SELECT *, true AS provisional FROM targets_provisional;
COMMENT ON VIEW all_targets IS 'Targets of the standard and provisional ones (provisional = true, indicator ~slug) together.';

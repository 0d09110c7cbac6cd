-- Views and macros for analysts, made anew with every snapshot over the views of the tables.
-- Try them with the questions of docs/questions.md. In an attached catalogue run `USE <name>` first: macros look there.

-- ------------------------------------------------------------------ targets, named

CREATE VIEW all_targets AS
SELECT * EXCLUDE (corrected_by), NULL::VARCHAR AS label, corrected_by, false AS provisional FROM targets
UNION ALL BY NAME
SELECT *, true AS provisional FROM targets_provisional;
COMMENT ON VIEW all_targets IS 'Targets of the standard and provisional ones (provisional = true, indicator ~slug) together.';

CREATE VIEW targets_wide AS
SELECT t.province, p.full_name AS province_full_name, p.region, t.province_code, t.province_2025,
       i.theme, t.indicator, i.name_vi AS indicator_vi, i.name_en AS indicator_en, i.direction,
       t.value, t.value_max, t.comparator, t.unit, u.name_vi AS unit_vi, u.name_en AS unit_en,
       t.year, t.year_basis, t.period_start, t.baseline_year, t.value_basis, t.admin_level, t.breakdown,
       t.agreement, t.n_statements, t.n_documents,
       t.document_number, t.document_date, t.document_kind, d.title AS document_title, s.source_file, s.section,
       t.quote, s.char_start, s.char_end, t.statement_id, t.corrected_by
FROM targets AS t
LEFT JOIN indicators AS i USING (indicator)
LEFT JOIN units AS u ON t.unit = u.unit
LEFT JOIN (SELECT province, province_code, any_value(full_name ORDER BY valid_from DESC NULLS LAST) AS full_name,
                  any_value(region) AS region FROM provinces GROUP BY ALL) AS p
    ON t.province = p.province AND t.province_code = p.province_code
LEFT JOIN statements AS s ON t.statement_id = s.statement_id AND s.prevails
LEFT JOIN (SELECT source_file, title FROM documents) AS d ON s.source_file = d.source_file;
COMMENT ON VIEW targets_wide IS 'Targets with the Vietnamese and English names of indicator and unit, region, document title and place of the quote.';

CREATE VIEW muc_tieu AS
SELECT t.province AS tinh, i.name_vi AS chi_tieu, t.value AS gia_tri, t.value_max AS gia_tri_den,
       CASE t.comparator WHEN 'ge' THEN 'từ ... trở lên' WHEN 'gt' THEN 'trên' WHEN 'le' THEN 'không quá'
            WHEN 'lt' THEN 'dưới' WHEN 'approx' THEN 'khoảng' WHEN 'between' THEN 'từ ... đến ...' ELSE 'bằng' END AS so_sanh,
       u.name_vi AS don_vi, t.year AS nam, t.admin_level AS cap, t.document_number AS so_van_ban,
       t.document_date AS ngay_van_ban, t.quote AS trich_dan, t.statement_id AS ma_cau
FROM targets AS t LEFT JOIN indicators AS i USING (indicator) LEFT JOIN units AS u ON t.unit = u.unit;
COMMENT ON VIEW muc_tieu IS 'targets with Vietnamese column names: tỉnh, chỉ tiêu, giá trị, đơn vị, năm, số văn bản, trích dẫn.';

-- ------------------------------------------------------------------ text search without diacritics

CREATE MACRO plain(words) AS lower(translate(strip_accents(words), 'đĐ', 'dD'));
COMMENT ON MACRO plain IS 'Lower case without diacritics, đ too: plain(''Đắk Lắk'') = ''dak lak''.';

CREATE MACRO has_words(place, words) AS
    len(list_filter(string_split(trim(plain(words)), ' '), lambda word: NOT contains(plain(place), word))) = 0;
COMMENT ON MACRO has_words IS 'Whether a text holds every one of the words, diacritics and case aside.';

CREATE MACRO search_targets(words) AS TABLE
SELECT t.province, t.indicator, i.name_vi AS indicator_vi, t.value, t.unit, t.year, t.quote, t.document_number, t.statement_id
FROM all_targets AS t LEFT JOIN indicators AS i USING (indicator)
WHERE has_words(concat_ws(' ', t.province, i.name_vi, i.name_en, t.label, t.quote), words)
ORDER BY t.province, t.indicator, t.year, t.statement_id;
COMMENT ON MACRO TABLE search_targets IS 'Targets whose province, indicator or quote hold all the words: FROM search_targets(''vinh long kinh te so'').';

CREATE MACRO search_documents(words) AS TABLE
SELECT source_file, kind, title, province, document_number, document_date, n_statements
FROM documents WHERE has_words(concat_ws(' ', title, province, document_number, text), words)
ORDER BY document_date DESC NULLS LAST, source_file;
COMMENT ON MACRO TABLE search_documents IS 'Documents whose title, province, number or text hold all the words.';

CREATE MACRO search_indicators(words) AS TABLE
SELECT indicator, name_vi, name_en, theme, unit FROM indicators
WHERE has_words(concat_ws(' ', indicator, name_vi, name_en, definition, phrasings), words) ORDER BY indicator;
COMMENT ON MACRO TABLE search_indicators IS 'Indicators of the standard that hold all the words, in Vietnamese or English.';

-- ------------------------------------------------------------------ evidence

CREATE MACRO evidence(wanted_statement) AS TABLE
SELECT s.statement_id, s.source_file, d.title, s.section, s.quote, s.rules, s.match_score, s.status, s.corrected_by,
       substring(d.text, greatest(s.char_start - 200, 0) + 1, least(s.char_start, 200)) AS text_before,
       substring(d.text, s.char_end + 1, 200) AS text_after
FROM (SELECT * FROM statements WHERE statement_id = wanted_statement) AS s
LEFT JOIN documents AS d ON s.source_file = d.source_file;
COMMENT ON MACRO TABLE evidence IS 'Where a row comes from: the quote, 200 characters around it, section, rules.';

CREATE MACRO cell_statements(wanted_province, wanted_indicator, wanted_year) AS TABLE
SELECT prevails, value, value_max, comparator, unit, admin_level, breakdown, year_basis, period_start, document_kind,
       document_number, document_date, quote, source_file, statement_id
FROM statements
WHERE plain(province) = plain(wanted_province) AND indicator = wanted_indicator AND year = wanted_year
  AND status = 'accepted'
ORDER BY prevails DESC, document_date DESC NULLS LAST, statement_id;
COMMENT ON MACRO TABLE cell_statements IS 'All that documents say about a province, indicator and year: what prevails and what lost.';

-- ------------------------------------------------------------------ the national target beside each

CREATE VIEW national_targets AS
WITH stated AS (
    SELECT indicator, year, unit, admin_level, breakdown, year_basis, value, comparator, document_number,
           'document' AS source
    FROM targets WHERE province = 'Việt Nam'
), shipped AS (
    SELECT indicator, unit, regexp_extract(entry, '^\s*([^0-9]*)([0-9.]+(?:e[+-]?[0-9]+)?)(?:-([0-9.]+(?:e[+-]?[0-9]+)?))?@([0-9]{4})\s*(?:\((.*)\))?\s*$',
                                           ['sign', 'value', 'upper', 'year', 'document']) AS parts
    FROM (SELECT indicator, unit, unnest(string_split(national_targets, '|')) AS entry FROM indicators)
), standard AS (
    SELECT indicator, try_cast(parts.year AS SMALLINT) AS year, unit, NULL::VARCHAR AS admin_level,
           NULL::VARCHAR AS breakdown, 'by' AS year_basis, try_cast(parts.value AS DOUBLE) AS value,
           CASE WHEN parts.upper <> '' THEN 'between' ELSE CASE trim(parts.sign) WHEN '>' THEN 'gt' WHEN '>=' THEN 'ge' WHEN '<' THEN 'lt' WHEN '<=' THEN 'le'
                WHEN '~' THEN 'approx' WHEN '' THEN 'eq' END END AS comparator,
           nullif(parts.document, '') AS document_number, 'standard' AS source
    FROM shipped WHERE parts.year <> '' AND parts.value <> ''
)
SELECT * FROM stated
UNION ALL BY NAME
SELECT s.* FROM standard AS s ANTI JOIN stated AS d
    ON s.indicator = d.indicator AND s.year = d.year AND d.admin_level IS NULL AND d.breakdown IS NULL;
COMMENT ON VIEW national_targets IS 'Targets for the nation: from its own documents (source = document), else as the standard records them (source = standard).';

CREATE MACRO target_gap(wanted_indicator, wanted_year) AS TABLE
SELECT t.province, t.indicator, t.year, t.unit, t.admin_level, t.breakdown, t.value, t.comparator,
       n.value AS national_value, n.comparator AS national_comparator, n.source AS national_source,
       t.value - n.value AS gap,
       CASE WHEN n.value IS NULL THEN 'no national target' WHEN t.value = n.value THEN 'equal'
            WHEN i.direction = 'neutral' THEN 'differs'
            WHEN (t.value > n.value) = (i.direction = 'higher') THEN 'more ambitious' ELSE 'less ambitious' END AS ambition,
       t.quote, t.document_number, t.statement_id
FROM targets AS t
JOIN indicators AS i USING (indicator)
LEFT JOIN (SELECT * FROM national_targets
           QUALIFY row_number() OVER (PARTITION BY indicator, year, unit, admin_level, breakdown, year_basis
                                      ORDER BY document_number NULLS LAST, value) = 1) AS n
    ON n.indicator = t.indicator AND n.year = t.year AND n.unit = t.unit AND n.year_basis = t.year_basis
   AND n.admin_level IS NOT DISTINCT FROM t.admin_level AND n.breakdown IS NOT DISTINCT FROM t.breakdown
WHERE t.province <> 'Việt Nam' AND t.indicator = wanted_indicator AND t.year = wanted_year
ORDER BY gap NULLS LAST, t.province, t.statement_id;
COMMENT ON MACRO TABLE target_gap IS 'Every province against the national target of an indicator and year: FROM target_gap(''eservice_online_file_share'', 2025).';

-- ------------------------------------------------------------------ the 34 units since 2025-07-01

CREATE VIEW addable_units AS
SELECT unit FROM units
WHERE NOT is_change AND (per IS NULL OR per IN ('year', 'day'))
  AND unit IN ('count', 'count_per_year', 'person', 'person_per_year', 'household', 'household_per_year', 'visit', 'head',
               'billion_vnd', 'million_usd', 'tonne', 'tonne_per_day', 'cubic_metre', 'cubic_metre_per_day', 'litre',
               'hectare', 'square_metre', 'km', 'mw', 'kwh', 'teu');
COMMENT ON VIEW addable_units IS 'Units in which the values of provinces that merged may be added: amounts. Shares, ranks, rates, indices, averages and changes are not among them.';

CREATE VIEW targets_2025 AS
WITH merged AS (
    SELECT province_2025, count(DISTINCT province) AS n_predecessors, list(DISTINCT province ORDER BY province) AS predecessors
    FROM provinces
    WHERE province_code <> '00' AND coalesce(valid_from <= DATE '2025-06-30', true) AND coalesce(valid_to >= DATE '2025-06-30', true)
    GROUP BY province_2025
), rows_in_unit AS (
    SELECT *, coalesce(document_date >= DATE '2025-07-01', false) AS of_new_unit FROM targets WHERE province_code <> '00'
), cells AS (
    SELECT province_2025, indicator, unit, admin_level, breakdown, year, year_basis, period_start,
           count(*) FILTER (of_new_unit) AS n_own,
           any_value(struct_pack(value, value_max, comparator, statement_id) ORDER BY document_date DESC) FILTER (of_new_unit) AS own,
           count(*) FILTER (NOT of_new_unit) AS n_parts,
           count(DISTINCT province) FILTER (NOT of_new_unit) AS n_provinces,
           list(struct_pack(province, value, value_max, comparator, statement_id) ORDER BY province) FILTER (NOT of_new_unit) AS parts,
           sum(value) FILTER (NOT of_new_unit) AS total,
           sum(coalesce(value_max, value)) FILTER (NOT of_new_unit) AS total_max,
           list(DISTINCT comparator ORDER BY comparator) FILTER (NOT of_new_unit) AS comparators
    FROM rows_in_unit GROUP BY ALL
), judged AS (
    SELECT c.*, m.n_predecessors, m.predecessors,
           list_filter(m.predecessors, lambda name: NOT list_contains(list_transform(coalesce(c.parts, []), lambda part: part.province), name)) AS missing,
           CASE WHEN c.n_own > 0 THEN 'stated'
                WHEN m.n_predecessors = 1 AND c.n_parts = 1 THEN 'unchanged'
                WHEN c.unit NOT IN (SELECT unit FROM addable_units) THEN 'not_addable'
                WHEN c.n_provinces < m.n_predecessors THEN 'incomplete'
                WHEN c.n_parts <> m.n_predecessors OR len(missing) > 0 THEN 'not_addable'
                WHEN list_has_all(['eq', 'ge', 'gt'], c.comparators) OR list_has_all(['eq', 'le', 'lt'], c.comparators)
                     OR list_has_all(['eq', 'approx'], c.comparators) OR list_has_all(['eq', 'between'], c.comparators) THEN 'sum'
                ELSE 'not_addable' END AS method
    FROM cells AS c JOIN merged AS m USING (province_2025)
)
SELECT province_2025, indicator, unit, admin_level, breakdown, year, year_basis, period_start,
       CASE method WHEN 'stated' THEN own.value WHEN 'unchanged' THEN parts[1].value WHEN 'sum' THEN total END AS value,
       CASE method WHEN 'stated' THEN own.value_max WHEN 'unchanged' THEN parts[1].value_max
                   WHEN 'sum' THEN CASE WHEN list_contains(comparators, 'between') THEN total_max END END AS value_max,
       CASE method WHEN 'stated' THEN own.comparator WHEN 'unchanged' THEN parts[1].comparator
                   WHEN 'sum' THEN CASE WHEN list_has_any(comparators, ['ge', 'gt']) THEN 'ge'
                                        WHEN list_has_any(comparators, ['le', 'lt']) THEN 'le'
                                        WHEN list_contains(comparators, 'between') THEN 'between'
                                        WHEN list_contains(comparators, 'approx') THEN 'approx' ELSE 'eq' END END AS comparator,
       method,
       CASE method WHEN 'stated' THEN 'the unit itself says so since 2025-07-01'
                   WHEN 'unchanged' THEN 'the unit was not merged'
                   WHEN 'sum' THEN 'sum over all its predecessors'
                   WHEN 'incomplete' THEN 'no target of ' || array_to_string(missing, ', ')
                   ELSE 'values in ' || unit || ' or with these comparators cannot be added; see parts' END AS reason,
       n_predecessors::INTEGER AS n_predecessors, n_provinces::INTEGER AS n_parts, parts
FROM judged;
COMMENT ON VIEW targets_2025 IS 'Targets by the 34 units since 2025-07-01: stated by the unit itself, unchanged, or summed where every predecessor has an amount; else value is null and parts has the predecessors.';

CREATE MACRO province_2025(wanted_province) AS TABLE
SELECT * FROM targets_2025 WHERE plain(province_2025) = plain(wanted_province)
ORDER BY indicator, year, admin_level NULLS FIRST, breakdown NULLS FIRST, year_basis, period_start NULLS FIRST;
COMMENT ON MACRO TABLE province_2025 IS 'targets_2025 of one unit, diacritics aside: FROM province_2025(''tuyen quang'').';

-- ------------------------------------------------------------------ from plan to plan

CREATE VIEW plan_history AS
WITH said AS (
    SELECT province, indicator, unit, admin_level, breakdown, year, year_basis, period_start, document_date, document_number,
           value, value_max, comparator, prevails, quote, source_file, statement_id
    FROM statements
    WHERE status = 'accepted' AND document_kind = 'plan' AND document_date IS NOT NULL AND value IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY province, indicator, unit, admin_level, breakdown, year, year_basis, period_start,
                                            source_file ORDER BY prevails DESC, statement_id) = 1
)
SELECT *, lag(value) OVER cell AS previous_value, value - lag(value) OVER cell AS change,
       lag(document_number) OVER cell AS previous_document, count(*) OVER whole AS n_plans,
       row_number() OVER cell AS plan_number
FROM said
WINDOW cell AS (PARTITION BY province, indicator, unit, admin_level, breakdown, year, year_basis, period_start
                ORDER BY document_date, statement_id),
       whole AS (PARTITION BY province, indicator, unit, admin_level, breakdown, year, year_basis, period_start);
COMMENT ON VIEW plan_history IS 'How the target of a cell changed from plan to plan: each plan with the value before it and the change.';

CREATE MACRO target_history(wanted_province, wanted_indicator) AS TABLE
SELECT year, document_date, document_number, value, comparator, unit, previous_value, change, admin_level, breakdown,
       year_basis, period_start, prevails, quote, statement_id
FROM plan_history WHERE plain(province) = plain(wanted_province) AND indicator = wanted_indicator
ORDER BY year, admin_level NULLS FIRST, breakdown NULLS FIRST, year_basis, period_start NULLS FIRST, plan_number;
COMMENT ON MACRO TABLE target_history IS 'plan_history of one province and indicator: FROM target_history(''vinh long'', ''grdp_growth'').';

-- ------------------------------------------------------------------ coverage and queues

CREATE VIEW coverage AS
SELECT t.province, i.theme, count(*) AS targets, count(DISTINCT t.indicator) AS indicators, min(t.year) AS first_year,
       max(t.year) AS last_year
FROM targets AS t JOIN indicators AS i USING (indicator) GROUP BY ALL;
COMMENT ON VIEW coverage IS 'How many targets and indicators each province has in each theme.';

CREATE VIEW provisional_queue AS
SELECT p.indicator, any_value(p.label ORDER BY p.statement_id) AS label, p.unit, count(DISTINCT p.province) AS provinces,
       count(DISTINCT s.document_id) AS documents, count(*) AS targets
FROM targets_provisional AS p LEFT JOIN statements AS s ON p.statement_id = s.statement_id GROUP BY p.indicator, p.unit;
COMMENT ON VIEW provisional_queue IS 'What the standard lacks: provisional indicators by how many provinces and documents use them.';

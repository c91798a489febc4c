-- Two files of an ERP become events: order lines with what has left, and holds.
CREATE TABLE lines AS
SELECT *, 'orders.csv line ' || (row_number() OVER () + 1) AS source_row
FROM read_csv(getvariable('source') || '/orders.csv', delim = ';', header = true, comment = '', all_varchar = true);

CREATE TABLE holds AS
SELECT *, 'holds.csv line ' || (row_number() OVER () + 1) AS source_row
FROM read_csv(getvariable('source') || '/holds.csv', delim = ';', header = true, comment = '', all_varchar = true);

CREATE VIEW source_rows AS SELECT source_row FROM lines UNION ALL SELECT source_row FROM holds;

SELECT
    'order_line.created' AS type, "order" || '-' || line AS event_id, 'erp' AS source, source_row,
    "order" AS order_id, line AS line_id, customer, item, quantity, promised AS date, ordered AS occurred_at,
    ordered AS recorded_at
FROM lines

UNION ALL BY NAME
SELECT
    'goods.issued' AS type, "order" || '-' || line || '-gi' AS event_id, 'wms' AS source, source_row,
    "order" AS order_id, line AS line_id, quantity, "left" AS occurred_at, "left" AS recorded_at
FROM lines WHERE "left" IS NOT NULL

UNION ALL BY NAME
SELECT
    'hold.placed' AS type, hold || '-on' AS event_id, 'qms' AS source, source_row,
    "order" AS order_id, kind, hold AS reference, placed AS occurred_at, placed AS recorded_at
FROM holds

UNION ALL BY NAME
SELECT
    'hold.released' AS type, hold || '-off' AS event_id, 'qms' AS source, source_row,
    "order" AS order_id, kind, hold AS reference, released AS occurred_at, released AS recorded_at
FROM holds WHERE released IS NOT NULL;

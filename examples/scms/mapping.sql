-- USAID Supply Chain Management System, delivery history: one row is an order line.
-- An order is what ships together: one PO and one promised date.

-- A date is written 6/2/2006, 6/2/06 or 2-Jun-06. Known words for "no date" are no date; any other text is handed on
-- as it is, so that the import rejects it by name.
CREATE MACRO as_date(text) AS
    coalesce(try_strptime(text, ['%d-%b-%y', '%m/%d/%y', '%m/%d/%Y'])::DATE::VARCHAR, text);
CREATE MACRO as_date_or_none(text) AS
    CASE WHEN text IN ('Pre-PQ Process', 'Date Not Captured', 'N/A - From RDC') THEN NULL ELSE as_date(text) END;

CREATE TABLE lines AS
SELECT
    row_number() OVER () + 1 AS line_of_file,
    "ID" AS line_id,
    "PO / SO #" AS po,
    "ASN/DN #" AS delivery,
    "Country" AS customer,
    "Item Description" AS item,
    "Fulfill Via" AS plant,
    "Manufacturing Site" AS work_center,
    concat_ws(', ', "Shipment Mode", nullif("Vendor INCO Term", 'N/A - From RDC')) AS route,
    "Vendor" AS vendor,
    "Line Item Quantity" AS quantity,
    "Line Item Value" AS value,
    as_date_or_none("PQ First Sent to Client Date") AS quoted,
    as_date_or_none("PO Sent to Vendor Date") AS sent,
    as_date("Scheduled Delivery Date") AS promised,
    as_date("Delivered to Client Date") AS delivered,
    as_date("Delivery Recorded Date") AS recorded
FROM read_csv(
    getvariable('source') || '/SCMS_Delivery_History_Dataset.csv', header = true, comment = '', all_varchar = true
);

-- When the line was first known: the PO, else the quote, if that is a day before the promise; else 30 days before it.
CREATE TABLE dated AS
SELECT
    *,
    'SCMS_Delivery_History_Dataset.csv line ' || line_of_file AS source_row,
    po || ' ' || promised AS order_id,
    CASE WHEN try_cast(sent AS DATE) < try_cast(promised AS DATE) THEN sent END AS ordered,
    CASE WHEN try_cast(quoted AS DATE) < try_cast(promised AS DATE) THEN quoted END AS asked
FROM lines;

CREATE VIEW source_rows AS SELECT source_row FROM dated;

SELECT
    'order_line.created' AS type, line_id || ' created' AS event_id, 'scms' AS source, source_row,
    order_id, line_id, customer, item, plant, work_center, route, vendor AS actor, quantity, value,
    promised AS date,
    coalesce(ordered, asked, CAST(try_cast(promised AS DATE) - 30 AS VARCHAR)) AS occurred_at,
    coalesce(ordered, asked, CAST(try_cast(promised AS DATE) - 30 AS VARCHAR)) AS recorded_at,
    CASE
        WHEN ordered IS NOT NULL THEN NULL
        WHEN asked IS NOT NULL AND sent IS NULL THEN 'no date of the PO: known since the quote was sent'
        WHEN asked IS NOT NULL THEN 'PO not dated before the promise: known since the quote was sent'
        WHEN sent IS NULL AND quoted IS NULL THEN 'no date before the promise: known since 30 days before it'
        ELSE 'neither PO nor quote dated before the promise: known since 30 days before it'
    END AS assumed
FROM dated

UNION ALL BY NAME
SELECT
    'production.released' AS type, line_id || ' sent' AS event_id, 'scms' AS source, source_row,
    order_id, line_id, work_center, vendor AS actor, po AS reference, quantity,
    sent AS occurred_at, sent AS recorded_at
FROM dated
WHERE sent IS NOT NULL

UNION ALL BY NAME
SELECT
    'goods.issued' AS type, line_id || ' delivered' AS event_id, 'scms' AS source, source_row,
    order_id, line_id, delivery AS reference, quantity,
    delivered AS occurred_at,
    CASE WHEN try_cast(recorded AS DATE) < try_cast(delivered AS DATE) THEN delivered ELSE recorded END AS recorded_at,
    CASE
        WHEN try_cast(recorded AS DATE) < try_cast(delivered AS DATE)
        THEN 'delivery recorded before it happened: recorded when it happened'
    END AS assumed
FROM dated;

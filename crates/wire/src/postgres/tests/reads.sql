SELECT sold FROM events WHERE id = 42
SELECT sold FROM public.Events WHERE id = $1 AND $2 = "Kind" AND sold < 10
select e.sold, o.id from events e join orders o on o.event = e.id where e.id = 42 and o.note = 'x'
SELECT sold FROM events WHERE id = 42 OR id = 43
SELECT sold FROM events WHERE id IN (1, 2)
SELECT sold FROM events WHERE id = 42::int FOR UPDATE
SELECT sold FROM events WHERE id = 42 FOR NO KEY UPDATE SKIP LOCKED
SELECT sold FROM events FOR KEY SHARE
SELECT * FROM events e, orders o WHERE e.id = 1 FOR SHARE OF o NOWAIT
SELECT count(*) FROM (SELECT 1 FROM orders WHERE event = $1) x
SELECT 1 FROM events WHERE EXISTS (SELECT 1 FROM orders o WHERE o.event = events.id)
WITH events AS (SELECT * FROM events WHERE id = 1) SELECT * FROM events
WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT n FROM t, tree) SELECT * FROM t
SELECT a FROM x UNION SELECT a FROM y WHERE k = -1
SELECT (SELECT max(id) FROM orders), CASE WHEN true THEN (SELECT 1 FROM z) END
TABLE events
VALUES (1)
SELECT * FROM shop.events WHERE id = 'a''b'
SELECT * FROM generate_series(1, 2)
SELECT * FROM reserve(42)
SELECT reserve(42)
SELECT 1
SELECT now(), version(), current_setting('x')
SELECT typname FROM pg_catalog.pg_type WHERE oid = 1
SELECT table_name FROM information_schema.tables
SELECT pg_advisory_xact_lock($1), 1
SELECT pg_try_advisory_lock(1, 2)
SELECT pg_advisory_xact_lock(hashtext($2)::bigint)
SELECT pg_advisory_unlock_all()
SELECT nextval('orders_id_seq'::regclass)

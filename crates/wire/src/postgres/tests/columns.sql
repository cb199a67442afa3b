SELECT * FROM events WHERE id = 1
SELECT e.*, o.id FROM events e JOIN orders o ON o.event = e.id
SELECT e FROM events e
SELECT row_to_json(e) FROM events e
SELECT count(e.*) FROM events e
SELECT (e).sold FROM events e
SELECT tags[1], e.tags[2:n] FROM events e
SELECT count(*) FROM events
SELECT Sold, "Kind" FROM Events WHERE ID = 1
SELECT sold, note FROM events e, orders o WHERE e.id = o.event
SELECT id FROM events JOIN orders USING (id) WHERE orders.n = 2
SELECT id FROM events NATURAL JOIN orders
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM o WHERE o.t = t.id AND n = 3)
SELECT a FROM t WHERE id = (SELECT max(t_id) FROM o WHERE o.k = x)
SELECT x.b FROM t, LATERAL (SELECT t.c, b FROM o WHERE o.t = t.id) x
SELECT d.id FROM orders, (SELECT 1 AS id) d WHERE id = 5
SELECT e1.id FROM events e1 JOIN events ON e1.parent = events.id WHERE events.id = 5
SELECT a FROM t AS x(a, b) WHERE x.b = 2
SELECT j.id FROM (a JOIN b ON a.x = b.y) AS j WHERE id = 1
SELECT sum(a) FILTER (WHERE b > 1) OVER (PARTITION BY c ORDER BY d) FROM t
SELECT rank() OVER w FROM t WINDOW w AS (PARTITION BY c ORDER BY d)
SELECT string_agg(a, ',' ORDER BY b) FROM t
SELECT DISTINCT ON (a) b FROM t ORDER BY a, c
SELECT a AS total FROM t GROUP BY GROUPING SETS ((a), (b)) ORDER BY total, "Total"
SELECT substring(a FROM b FOR c), trim(both d FROM e), overlay(f PLACING g FROM 1), extract(year FROM h), position(i IN j) FROM t
SELECT a LIKE b ESCAPE '!', c BETWEEN d AND e, f IS UNKNOWN, g AT TIME ZONE h, interval '1 day' * i FROM t
SELECT a -> 'x' ->> 'y', b::jsonb #>> '{c}', d @> '{}' FROM t
SELECT a FROM t UNION SELECT b FROM t
SELECT a FROM t UNION SELECT b FROM t ORDER BY 1
SELECT n FROM t, unnest(t.tags) AS n
SELECT g FROM generate_series(1, 3) g
SELECT ctid FROM t WHERE id = 1
UPDATE t SET a = 1 WHERE ctid = '(0,1)'
UPDATE t SET a = 1, b = o.n FROM o WHERE o.id = t.o AND o.k = 3 RETURNING o.m
UPDATE ONLY shop.t AS x SET comp.field = 1, arr[2] = 3 WHERE x.id = 1
UPDATE t SET (a, b) = (SELECT c, d FROM o WHERE o.id = t.o) WHERE id = 1
UPDATE ONLY t SET a = 1 WHERE t.id = 1
UPDATE t SET arr[2] = 3 WHERE id = 1
UPDATE t SET a = tags[1] WHERE id = 1
UPDATE t SET a = (SELECT max(b) FROM o), c = 3 IN (SELECT k FROM o) WHERE id = 1
INSERT INTO t (id, n) OVERRIDING USER VALUE VALUES (1, 2)
UPDATE t SET comp.field = 3 WHERE comp = '(1)' AND id = 1
SELECT a FROM ONLY t WHERE id = 1 FETCH FIRST 2 ROWS ONLY FOR UPDATE
SELECT a.x FROM a, b, c WHERE a.id = 1 FOR UPDATE OF a, c NOWAIT FOR SHARE OF b
DELETE FROM ONLY t WHERE id = 1
DELETE FROM t USING o WHERE t.o = o.id AND o.k = 3 RETURNING t.a, o.m
MERGE INTO stock s USING delta d ON s.id = d.id WHEN MATCHED AND d.n > 0 THEN UPDATE SET n = s.n + d.m WHEN NOT MATCHED THEN INSERT (id) VALUES (d.id)
INSERT INTO t VALUES (1, 2)
INSERT INTO t (a, b, c, d) VALUES (1, $2, lower('X'), DEFAULT), (1, $2, 'y', 2)
INSERT INTO t (b, "A", c) VALUES (-1, CAST('x' AS text), NULL)
INSERT INTO t (a) SELECT x FROM o WHERE k = 3
INSERT INTO t DEFAULT VALUES
INSERT INTO t (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id, n = t.n + EXCLUDED.n
INSERT INTO t (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = (SELECT max(k) FROM o)
SELECT id FROM a WHERE id = 1 FOR UPDATE NOWAIT
SELECT reserve(id) FROM seats WHERE id = 1
SELECT s.id FROM seats s JOIN shop.free(3) f ON f.id = s.id
UPDATE seats SET token = shop.make_token() WHERE id = 1
SELECT pg_try_advisory_xact_lock_shared(7)
SELECT pg_advisory_lock(1), pg_advisory_unlock(2)
SELECT pg_advisory_unlock_shared($1)
SELECT pg_try_advisory_lock(id) FROM jobs WHERE state = 'new'
SELECT * FROM pg_advisory_xact_lock(5)
SELECT setval('public."Orders_id_seq"'::regclass, 10, false)
SELECT setval('orders_id_seq', (SELECT max(id) FROM orders))
SELECT nextval('Orders_id_seq') FROM generate_series(1, 5)
SELECT lastval(), currval('orders_id_seq')
INSERT INTO orders (id) VALUES (nextval('orders_id_seq'))
EXPLAIN ANALYZE EXECUTE p (1)
PREPARE p (int, text) AS UPDATE events SET sold = $1 WHERE id = $2
PREPARE "P q" AS SELECT 1
EXECUTE p
EXECUTE p (1, 'a', NULL, now(), 2)
DEALLOCATE PREPARE p
DEALLOCATE ALL
DISCARD ALL
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE
SET LOCAL transaction_isolation TO 'repeatable read'
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ UNCOMMITTED
SET default_transaction_isolation = 'serializable'
SET SESSION default_transaction_isolation TO DEFAULT
SET LOCAL default_transaction_isolation = serializable
RESET default_transaction_isolation
ROLLBACK WORK TO s
BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT sold FROM events WHERE id = 1; COMMIT
SELECT to_paid(id) FROM orders
SELECT count(*) AS n, date_trunc('day', at) AS d, coalesce(sum(x), 0), lag(x) OVER (ORDER BY at), jsonb_build_object('a', y), to_char(at, 'YYYY') FROM orders GROUP BY d ORDER BY n
SELECT x::date, now() - interval '1 day', current_timestamp, array(SELECT k FROM o), timestamp '2026-01-01' FROM t

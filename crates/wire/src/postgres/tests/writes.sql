UPDATE events SET sold = 9 WHERE id = 42
UPDATE events SET sold = sold + 1 WHERE id = $1
UPDATE events SET sold = $1 WHERE id = $2 AND sold < capacity
UPDATE events SET version = 4, sold = 9 WHERE id = 1 AND version = 3
UPDATE seats SET state = 'sold' WHERE event = 1 AND seat = 7 AND free = true
UPDATE seats SET state = 'sold' WHERE event = 1 AND seat = 7
UPDATE jobs SET state = 'run' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *
UPDATE events e SET sold = o.n FROM orders o WHERE e.id = o.event AND o.id = 3
UPDATE events SET sold = (SELECT count(*) FROM orders WHERE event = 42) WHERE id = 42
UPDATE events SET sold = DEFAULT, at = now() WHERE id = 42
UPDATE events SET (sold, capacity) = (1, 2) WHERE id = ANY($1)
INSERT INTO orders (event, quantity) VALUES (42, 1) RETURNING id
INSERT INTO orders (event) SELECT id FROM events WHERE sold < 10
INSERT INTO events (id) VALUES (1) ON CONFLICT DO NOTHING
INSERT INTO events AS e (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET sold = e.sold + EXCLUDED.sold
DELETE FROM orders WHERE id = 1
DELETE FROM orders WHERE quantity > 3
DELETE FROM orders o USING events e WHERE o.event = e.id AND e.id = 42
WITH gone AS (DELETE FROM orders WHERE id = 1 RETURNING *) INSERT INTO old SELECT * FROM gone
WITH moved AS (UPDATE events SET sold = sold - 1 WHERE id = 1 RETURNING sold) SELECT sold FROM moved
MERGE INTO stock s USING delta d ON s.id = d.id WHEN MATCHED THEN UPDATE SET n = s.n + d.n
SELECT * INTO copied FROM events
TRUNCATE TABLE orders, ONLY public.events RESTART IDENTITY

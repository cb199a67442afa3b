SELECT "shop_voucher"."id", "shop_voucher"."code", "shop_voucher"."used_by_id" FROM "shop_voucher" WHERE "shop_voucher"."code" = 'X' LIMIT 21
SELECT "shop_voucher"."id", "shop_voucher"."code" FROM "shop_voucher" WHERE ("shop_voucher"."code" = 'X' AND "shop_voucher"."used_by_id" IS NULL) ORDER BY "shop_voucher"."id" ASC LIMIT 1
SELECT (1) AS "a" FROM "shop_voucher" WHERE "shop_voucher"."code" = 'X' LIMIT 1
SELECT 1 AS "a" FROM "shop_item" WHERE NOT ("shop_item"."sold") LIMIT 1
SELECT COUNT(*) AS "__count" FROM "shop_order"
SELECT COUNT(*) AS "__count" FROM "shop_order" WHERE "shop_order"."event_id" = 42
SELECT SUM("shop_line"."quantity") AS "total" FROM "shop_line" WHERE "shop_line"."order_id" = 5
SELECT "shop_event"."id", COUNT("shop_order"."id") AS "n" FROM "shop_event" LEFT OUTER JOIN "shop_order" ON ("shop_event"."id" = "shop_order"."event_id") GROUP BY "shop_event"."id" HAVING COUNT("shop_order"."id") < 10 ORDER BY "n" DESC
UPDATE "shop_voucher" SET "used_by_id" = 3, "code" = 'X' WHERE "shop_voucher"."id" = 1
UPDATE "shop_item" SET "stock" = ("shop_item"."stock" - 1) WHERE ("shop_item"."id" = 7 AND "shop_item"."stock" >= 1)
UPDATE "shop_item" SET "stock" = CASE WHEN ("shop_item"."id" = 1) THEN 5 WHEN ("shop_item"."id" = 2) THEN 6 ELSE NULL END WHERE "shop_item"."id" IN (1, 2)
INSERT INTO "shop_order" ("event_id", "quantity", "placed") VALUES (42, 1, '2026-01-01T00:00:00+00:00'::timestamptz) RETURNING "shop_order"."id"
INSERT INTO "shop_line" ("order_id", "item_id") VALUES (5, 1), (5, 2) RETURNING "shop_line"."id"
INSERT INTO "shop_like" ("user_id", "item_id") VALUES (1, 2) ON CONFLICT DO NOTHING
INSERT INTO "shop_stock" ("item_id", "count") VALUES (7, 1) ON CONFLICT("item_id") DO UPDATE SET "count" = EXCLUDED."count" RETURNING "shop_stock"."item_id"
SELECT "shop_event"."id", "shop_event"."sold" FROM "shop_event" WHERE "shop_event"."id" = 42 LIMIT 21 FOR UPDATE
SELECT "shop_order"."id" FROM "shop_order" INNER JOIN "shop_event" ON ("shop_order"."event_id" = "shop_event"."id") WHERE "shop_order"."id" = 1 FOR NO KEY UPDATE OF "shop_order"
SELECT "a"."id" FROM "a" INNER JOIN "b" ON ("a"."b_id" = "b"."id") WHERE "a"."id" = 1 FOR UPDATE OF "a", "b"
DELETE FROM "shop_line" WHERE "shop_line"."order_id" IN (5)
SAVEPOINT "s140_x1"
RELEASE SAVEPOINT "s140_x1"
ROLLBACK TO SAVEPOINT "s140_x1"
SELECT events.id AS events_id, events.sold AS events_sold FROM events WHERE events.id = 42
SELECT events.id AS events_id, events.sold AS events_sold FROM events WHERE events.id = $1::INTEGER
SELECT anon_1.id, anon_1.sold FROM (SELECT events.id AS id, events.sold AS sold FROM events WHERE events.kind = $1::VARCHAR) AS anon_1 WHERE anon_1.id = $2::INTEGER
SELECT EXISTS (SELECT * FROM users WHERE users.email = $1::VARCHAR) AS anon_1
INSERT INTO orders (event_id, quantity) VALUES ($1::INTEGER, $2::INTEGER) RETURNING orders.id
INSERT INTO orders (event_id, quantity) SELECT p0::INTEGER, p1::INTEGER FROM (VALUES ($1::INTEGER, $2::INTEGER, 0)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING orders.id, orders.id AS id__1
UPDATE events SET sold=$1::INTEGER, version_id=$2::INTEGER WHERE events.id = $3::INTEGER AND events.version_id = $4::INTEGER
UPDATE events SET sold=(events.sold + $1::INTEGER) WHERE events.id = $2::INTEGER RETURNING events.sold
SELECT "orders".* FROM "orders" WHERE "orders"."id" = $1 LIMIT $2
SELECT 1 AS one FROM "users" WHERE "users"."email" = $1 LIMIT $2
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "orders" WHERE "orders"."event_id" = $1 LIMIT $2) subquery_for_count
UPDATE "accounts" SET "balance" = $1, "updated_at" = $2, "lock_version" = $3 WHERE "accounts"."id" = $4 AND "accounts"."lock_version" = $5
UPDATE "accounts" SET "balance" = COALESCE("balance", 0) - $1 WHERE "accounts"."id" = $2
INSERT INTO "orders" ("event_id","created_at","updated_at") VALUES ($1, CURRENT_TIMESTAMP, NOW()) ON CONFLICT ("event_id") DO UPDATE SET updated_at=(CASE WHEN ("orders"."event_id" IS NOT DISTINCT FROM excluded."event_id") THEN "orders".updated_at ELSE CURRENT_TIMESTAMP END),"created_at"=excluded."created_at" RETURNING "id"
SELECT "t0_"."id" AS id_0, "t0_"."sold" AS sold_1 FROM "events" "t0_" WHERE "t0_"."id" = $1
SELECT DATE("orders"."created_at"), COUNT(DISTINCT "orders"."user_id") FROM "orders" GROUP BY DATE("orders"."created_at")
select e1_0.id,e1_0.sold,e1_0.version from event e1_0 where e1_0.id=$1 for no key update
select a1_0.id from account a1_0 left join owner o1_0 on o1_0.id=a1_0.owner_id where o1_0.name=$1 and a1_0.state='OPEN' fetch first $2 rows only
update event set sold=$1,version=$2 where id=$3 and version=$4
select nextval('event_seq')
SELECT "public"."orders"."id", "public"."orders"."eventId" FROM "public"."orders" WHERE ("public"."orders"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
UPDATE "public"."orders" SET "state" = $1 WHERE ("public"."orders"."id" = $2 AND 1=1) RETURNING "public"."orders"."id", "public"."orders"."state"
UPDATE "public"."stock" SET "n" = ("public"."stock"."n" - $1) WHERE ("public"."stock"."id" IN ($2) AND "public"."stock"."n" >= $3)
INSERT INTO "public"."orders" ("eventId","state") VALUES ($1,CAST($2::text AS "public"."State")) RETURNING "public"."orders"."id"
INSERT INTO "public"."users" ("id","email") VALUES ($1,$2) ON CONFLICT ("email") DO UPDATE SET "name" = $3 WHERE ("public"."users"."email" = $4 AND 1=1) RETURNING "public"."users"."id"
SELECT COUNT(*) FROM (SELECT "public"."orders"."id" FROM "public"."orders" WHERE "public"."orders"."eventId" = $1 OFFSET $2) AS "sub"
SELECT "id", "sold" FROM "Events" AS "Event" WHERE "Event"."id" = 42 LIMIT 1 FOR UPDATE
UPDATE "Events" SET "sold"="sold"+ 1,"updatedAt"='2026-01-01 00:00:00.000 +00:00' WHERE "id" = 42 RETURNING "id","sold"
INSERT INTO "Events" ("id","sold") VALUES (DEFAULT,$1) RETURNING "id","sold"
SELECT count(*) AS "count" FROM "Orders" AS "Order" WHERE "Order"."eventId" = 42
START TRANSACTION;
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
SELECT "User"."id", "Orders"."id" AS "Orders.id" FROM "Users" AS "User" LEFT OUTER JOIN "Orders" AS "Orders" ON "User"."id" = "Orders"."userId" WHERE "User"."id" = 1
WITH "picked" AS (SELECT "id" FROM "jobs" WHERE "state" = 'new' ORDER BY "at" LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE "jobs" SET "state" = 'run' FROM "picked" WHERE "jobs"."id" = "picked"."id" RETURNING "jobs".*
WITH spent AS (UPDATE accounts SET balance = balance - 5 WHERE id = 1 AND balance >= 5 RETURNING id) INSERT INTO payments (account_id, amount) SELECT id, 5 FROM spent
WITH done AS (UPDATE vouchers SET used = true WHERE code = $1 AND used = false RETURNING *) SELECT * FROM done
INSERT INTO oban_jobs (queue) VALUES ('a') RETURNING id
SELECT "o"."Id", "o"."xmin" FROM "Orders" AS "o" WHERE "o"."Id" = $1
UPDATE "Orders" SET "State" = $1 WHERE "Id" = $2 AND xmin = $3
INSERT INTO users (id, email) VALUES (1, 'a') ON CONFLICT (email) DO UPDATE SET email = 'b'
INSERT INTO users (id, email) VALUES (1, 'a') ON CONFLICT ON CONSTRAINT users_key DO NOTHING
INSERT INTO users (id, email) VALUES (1, 'a') ON CONFLICT (lower(email)) DO NOTHING
INSERT INTO users (id, email) VALUES (1, 'a') ON CONFLICT (email) WHERE active DO NOTHING
INSERT INTO t ("a","b","n") VALUES ($1,$2,$3) ON CONFLICT ("a","b") DO UPDATE SET "n" = excluded."n" WHERE excluded.n > t.n RETURNING *, (xmax = 0) AS inserted
UPDATE t SET tags = array_append(tags, $1), data = jsonb_set(data, '{a}', $2::jsonb) WHERE id = $3
UPDATE t SET data = data #- '{a}' WHERE data ? 'k' AND id = 1
SELECT id FROM t WHERE name ILIKE ANY (ARRAY['%a%'])
SELECT id FROM t WHERE name !~* 'x' AND tags && ARRAY['a'] AND r @> 3 AND NOT a
SELECT id FROM t WHERE (a, b) > ($1, $2) ORDER BY a, b
SELECT json_agg(json_build_object('id', o.id) ORDER BY o.id) FROM orders o WHERE o.user_id = 3
SELECT COALESCE(json_agg("agg"), '[]') AS agg FROM (SELECT row_to_json("x".*) FROM "orders" "x") agg
SELECT "t0"."id", COALESCE("t0_orders"."__prisma_data__", '[]'::jsonb) FROM "public"."users" AS "t0" LEFT JOIN LATERAL (SELECT JSONB_AGG("__prisma_data__") AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t2"."id") AS "__prisma_data__" FROM (SELECT "t1".* FROM "public"."orders" AS "t1" WHERE "t0"."id" = "t1"."userId" /* root select */) AS "t2") AS "t3") AS "t4") AS "t0_orders" ON TRUE WHERE "t0"."id" = $1 LIMIT $2
UPDATE "t" AS "t0" SET "n" = "t0"."n" + 1 FROM "o" AS "t1" WHERE "t1"."id" = "t0"."o_id" RETURNING "t0"."id"
DELETE FROM "t" WHERE "id" IN (SELECT "id" FROM "t" WHERE "x" < $1 ORDER BY "id" LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING *
insert into t (a, b) select $1, $2 where not exists (select 1 from t where a = $1)
WITH RECURSIVE tree AS (SELECT id, parent FROM nodes WHERE id = $1 UNION ALL SELECT n.id, n.parent FROM nodes n JOIN tree ON n.parent = tree.id) SELECT * FROM tree
WITH ins AS MATERIALIZED (INSERT INTO t (k) VALUES ('a') ON CONFLICT (k) DO NOTHING RETURNING id) SELECT id FROM ins UNION ALL SELECT id FROM t WHERE k = 'a' LIMIT 1
SELECT a FROM t WHERE NOT EXISTS (SELECT FROM o WHERE o.t = t.id)
select distinct e1_0.id from event e1_0 join e1_0 x on true where e1_0.id=1 for update of e1_0 nowait

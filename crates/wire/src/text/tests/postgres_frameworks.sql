SELECT "shop_product"."id", "shop_product"."stock" FROM "shop_product" WHERE "shop_product"."id" = 42 LIMIT 21 FOR UPDATE
UPDATE "shop_product" SET "stock" = ("shop_product"."stock" - 1) WHERE "shop_product"."id" = 42
INSERT INTO "shop_order" ("product_id", "user_id") VALUES (42, 7) RETURNING "shop_order"."id"
INSERT INTO "shop_tag" ("name") VALUES ('sale') ON CONFLICT DO NOTHING
SELECT "users".* FROM "users" WHERE "users"."email" = $1 LIMIT $2
SELECT 1 AS one FROM "users" WHERE "users"."email" = $1 LIMIT $2
UPDATE "coupons" SET "used" = $1, "lock_version" = $2 WHERE "coupons"."id" = $3 AND "coupons"."lock_version" = $4
UPDATE "users" SET "logins" = COALESCE("users"."logins", 0) + 1 WHERE "users"."id" = 1
select e1_0.id,e1_0.sold from events e1_0 where e1_0.id=$1 for no key update
select nextval('reservations_seq')
SELECT "public"."Event"."id", "public"."Event"."sold" FROM "public"."Event" WHERE ("public"."Event"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
UPDATE "public"."Event" SET "sold" = ("public"."Event"."sold" + $1) WHERE ("public"."Event"."id" = $2 AND 1=1) RETURNING "public"."Event"."id"
INSERT INTO "public"."Reservation" ("eventId","seat") VALUES ($1,$2) ON CONFLICT ("eventId") DO UPDATE SET "seat" = $2
SELECT sold, capacity FROM events WHERE id = $1
INSERT INTO idempotency_keys (key) VALUES ($1) ON CONFLICT (key) DO NOTHING RETURNING key
DELETE FROM carts WHERE user_id = $1
SELECT pg_advisory_xact_lock(hashtext($1))
UPDATE jobs SET state = 'running' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id

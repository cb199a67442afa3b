SELECT `shop_product`.`id`, `shop_product`.`stock` FROM `shop_product` WHERE `shop_product`.`id` = 42 LIMIT 21 FOR UPDATE
UPDATE `shop_product` SET `stock` = (`shop_product`.`stock` - 1) WHERE `shop_product`.`id` = 42
UPDATE `shop_product` SET `stock` = 9 WHERE `shop_product`.`id` = 42
INSERT INTO `shop_order` (`product_id`, `user_id`, `created`) VALUES (42, 7, '2024-05-01 10:00:00.000000')
INSERT IGNORE INTO `shop_tag` (`name`) VALUES ('sale')
SELECT `django_session`.`session_key` FROM `django_session` WHERE (`django_session`.`expire_date` > '2024-05-01 10:00:00' AND `django_session`.`session_key` = 'abc') LIMIT 21
SELECT `users`.* FROM `users` WHERE `users`.`email` = 'a@b.c' LIMIT 1
SELECT 1 AS one FROM `users` WHERE `users`.`email` = BINARY 'a@b.c' LIMIT 1
INSERT INTO `users` (`email`, `created_at`) VALUES ('a@b.c', '2024-05-01 10:00:00')
UPDATE `coupons` SET `coupons`.`used` = TRUE, `coupons`.`lock_version` = 4 WHERE `coupons`.`id` = 5 AND `coupons`.`lock_version` = 3
UPDATE `users` SET `users`.`logins` = COALESCE(`users`.`logins`, 0) + 1 WHERE `users`.`id` = 1
INSERT INTO `stats` (`page_id`,`views`) VALUES (1, 1) AS new ON DUPLICATE KEY UPDATE `views` = `stats`.`views` + new.`views`
SELECT `jobs`.* FROM `jobs` WHERE `jobs`.`state` = 'new' ORDER BY `jobs`.`id` ASC LIMIT 1 FOR UPDATE SKIP LOCKED
select order0_.id as id1_0_0_, order0_.total as total2_0_0_ from orders order0_ where order0_.id=? for update
select e1_0.id,e1_0.sold,e1_0.version from events e1_0 where e1_0.id=?
update events set sold=?, version=? where id=? and version=?
insert into reservations (event_id,seat,id) values (?,?,?)
select next_val as id_val from hibernate_sequence for update
update hibernate_sequence set next_val= ? where next_val=?
SELECT `main`.`Event`.`id`, `main`.`Event`.`sold` FROM `main`.`Event` WHERE (`main`.`Event`.`id` = ? AND 1=1) LIMIT ? OFFSET ?
UPDATE `main`.`Event` SET `sold` = (`main`.`Event`.`sold` + ?) WHERE (`main`.`Event`.`id` IN (?) AND 1=1)
INSERT INTO `main`.`Reservation` (`id`,`eventId`) VALUES (?,?)
SELECT option_value FROM wp_options WHERE option_name = 'cron' LIMIT 1
INSERT INTO `wp_options` (`option_name`, `option_value`, `autoload`) VALUES ('cron', 'a:1', 'yes') ON DUPLICATE KEY UPDATE `option_name` = VALUES(`option_name`), `option_value` = VALUES(`option_value`), `autoload` = VALUES(`autoload`)
SELECT SQL_CALC_FOUND_ROWS wp_posts.ID FROM wp_posts WHERE 1=1 AND wp_posts.post_type = 'post' ORDER BY wp_posts.post_date DESC LIMIT 0, 10
SELECT FOUND_ROWS()
SELECT t.*, tt.* FROM wp_terms AS t INNER JOIN wp_term_taxonomy AS tt ON t.term_id = tt.term_id WHERE tt.taxonomy IN ('category') ORDER BY t.name ASC
select * from `carts` where `user_id` = ? and `carts`.`deleted_at` is null limit 1 lock in share mode
insert ignore into `cache_locks` (`key`, `owner`, `expiration`) values (?, ?, ?)
update `jobs` set `reserved_at` = 1714557600, `attempts` = 1 where `id` = 7
select exists(select * from `users` where `email` = ?) as `exists`
SELECT balance FROM accounts WHERE id = 1 LOCK IN SHARE MODE
UPDATE accounts SET balance = balance - 10 WHERE id = 1 AND balance >= 10

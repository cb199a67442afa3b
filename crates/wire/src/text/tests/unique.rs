//! What definitions keep unique.

use super::Language;
use crate::text::unique;

fn found(language: Language, text: &str) -> Vec<String> {
    unique(text, language)
        .iter()
        .map(|unique| format!("{}({})", unique.table, unique.columns.join(",")))
        .collect()
}

#[test]
fn definitions_for_postgres() {
    for (text, expected) in [
        (
            "CREATE TABLE t (id int PRIMARY KEY, a text UNIQUE NOT NULL, b int)",
            "t(id) t(a)",
        ),
        (
            "create table if not exists public.\"Event\" (id int, primary key (id, \"eventId\"))",
            "Event(id,eventId)",
        ),
        (
            "CREATE TABLE shop.t (a int CONSTRAINT one UNIQUE, CONSTRAINT two UNIQUE (b, c))",
            "shop.t(a) shop.t(b,c)",
        ),
        ("CREATE UNLOGGED TABLE t (key text PRIMARY KEY)", "t(key)"),
        (
            "CREATE TABLE t (a int REFERENCES u (id) ON DELETE CASCADE, CHECK (a > 0))",
            "",
        ),
        (
            "CREATE TABLE t (a numeric(10,2) DEFAULT f('unique'), b int, UNIQUE NULLS NOT DISTINCT (a))",
            "t(a)",
        ),
        (
            "CREATE TABLE t (r tsrange, EXCLUDE USING gist (r WITH &&))",
            "",
        ),
        ("CREATE UNIQUE INDEX i ON t (a, b)", "t(a,b)"),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"i\" ON public.t USING btree (a DESC NULLS LAST, b text_pattern_ops) INCLUDE (c)",
            "t(a,b)",
        ),
        (
            "CREATE UNIQUE INDEX i ON t (a) WHERE deleted_at IS NULL",
            "",
        ),
        ("CREATE UNIQUE INDEX i ON t (lower(a))", ""),
        ("CREATE UNIQUE INDEX i ON t ((a + 1), b)", ""),
        ("CREATE INDEX i ON t (a)", ""),
        (
            "ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id)",
            "users(id)",
        ),
        (
            "ALTER TABLE t ADD UNIQUE (a), ADD COLUMN IF NOT EXISTS b int UNIQUE, ADD c int, DROP d",
            "t(a) t(b)",
        ),
        (
            "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id)",
            "",
        ),
        ("ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i", ""),
        ("SELECT 'CREATE TABLE t (id int PRIMARY KEY)'", ""),
        (
            "-- don't\nCREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int UNIQUE)",
            "t(id) u(id)",
        ),
        ("nonsense (; CREATE TABLE t (id int PRIMARY KEY)", "t(id)"),
        (
            "CREATE TABLE broken (id int PRIMARY KEY, ;\nCREATE TABLE t (id int UNIQUE);",
            "t(id)",
        ),
        ("", ""),
    ] {
        assert_eq!(
            found(Language::Postgres, text).join(" "),
            expected,
            "{text}"
        );
    }
}

#[test]
fn definitions_for_mysql() {
    for (text, expected) in [
        (
            "CREATE TABLE `Orders` (`Id` int NOT NULL AUTO_INCREMENT, `email` varchar(255) COMMENT \"it's\", PRIMARY KEY (`Id`), UNIQUE KEY `e` (`email`(20)), KEY `k` (`a`)) ENGINE=InnoDB",
            "orders(id) orders(email)",
        ),
        (
            "create table t (id bigint unsigned not null auto_increment primary key, `key` varchar(9) unique key)",
            "t(id) t(key)",
        ),
        (
            "alter table `users` add unique `users_email_unique`(`email`)",
            "users(email)",
        ),
        (
            "alter table t add primary key `p` (a, b), add unique index (c desc)",
            "t(a,b) t(c)",
        ),
        ("CREATE UNIQUE INDEX `i` ON `t`(`a`, `b`)", "t(a,b)"),
        ("CREATE UNIQUE INDEX i ON t ((lower(a)))", ""),
        (
            "/*!40101 SET x = 1 */;\nCREATE TABLE t (a int, CONSTRAINT UNIQUE (a)); # done",
            "t(a)",
        ),
    ] {
        assert_eq!(found(Language::MySql, text).join(" "), expected, "{text}");
    }
    assert!(found(Language::Redis, "CREATE TABLE t (a int UNIQUE)").is_empty());
}

#[test]
fn a_dump_is_read_past_its_data() {
    let dump = "\\connect shop\nCREATE FUNCTION f() RETURNS trigger AS $$\nBEGIN\n  NEW.a := 'x';\n\
        END;\n$$ LANGUAGE plpgsql;\n\nCREATE TABLE public.users (\n    id integer NOT NULL,\n    \
        email text\n);\nCOPY public.users (id, email) FROM stdin;\n1\tO'Brien@a\n2\t$$\"\n\\.\n\n\
        ALTER TABLE ONLY public.users\n    ADD CONSTRAINT users_pkey PRIMARY KEY (id);\n\
        CREATE UNIQUE INDEX e ON public.users USING btree (email);\n";
    assert_eq!(
        found(Language::Postgres, dump),
        ["users(id)", "users(email)"]
    );
}

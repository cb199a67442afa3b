-- The tables of the shop. Applying this file twice changes nothing.

-- PostgreSQL looks for a deadlock only after this long; its default of one second makes for long trials.
ALTER ROLE CURRENT_USER SET deadlock_timeout = '100ms';

CREATE TABLE IF NOT EXISTS accounts (
    id     integer PRIMARY KEY,
    owner  text    NOT NULL,
    spent  integer NOT NULL DEFAULT 0,
    status text    NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed'))
);

CREATE TABLE IF NOT EXISTS orders (
    id      integer PRIMARY KEY,
    account integer NOT NULL REFERENCES accounts,
    amount  integer NOT NULL,
    -- `paying` belongs to the variant `fixed`: a request has claimed the order and is charging for it.
    status  text    NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paying', 'paid', 'cancelled'))
);

CREATE INDEX IF NOT EXISTS orders_by_account ON orders (account);

INSERT INTO accounts (id, owner) VALUES (1, 'Ada'), (2, 'Grace') ON CONFLICT (id) DO NOTHING;

INSERT INTO orders (id, account, amount) VALUES (1, 1, 40), (2, 1, 25), (3, 2, 60)
ON CONFLICT (id) DO NOTHING;

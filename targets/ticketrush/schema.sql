-- The tables of the ticket shop. Applying this file twice changes nothing.

CREATE TABLE IF NOT EXISTS events (
    id       integer PRIMARY KEY,
    name     text    NOT NULL,
    capacity integer NOT NULL,
    sold     integer NOT NULL DEFAULT 0,
    version  integer NOT NULL DEFAULT 0   -- counts sales of the `optimistic` variant
);

-- One row per reservation that was answered with 201: the seats really promised.
CREATE TABLE IF NOT EXISTS orders (
    id         uuid        PRIMARY KEY,
    event      integer     NOT NULL,
    quantity   integer     NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS orders_by_event ON orders (event);

INSERT INTO events (id, name, capacity) VALUES
    (1,  'Spring Concert',   100),
    (2,  'Poetry Night',     100),
    (3,  'Jazz Brunch',      100),
    (4,  'Film Marathon',    100),
    (5,  'Chess Exhibition', 100),
    (42, 'The Last Show',    10)
ON CONFLICT (id) DO NOTHING;

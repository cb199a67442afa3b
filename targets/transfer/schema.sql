-- The tables of the bank. Applying this file twice changes nothing.

-- Two accounts per customer. One of them may be overdrawn, their sum may not.
CREATE TABLE IF NOT EXISTS accounts (
    customer integer NOT NULL,
    name     text    NOT NULL CHECK (name IN ('checking', 'savings')),
    balance  bigint  NOT NULL,
    PRIMARY KEY (customer, name)
);

-- One row per deposit (above zero) or withdrawal (below zero).
CREATE TABLE IF NOT EXISTS ledger (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer integer NOT NULL,
    account  text    NOT NULL,
    amount   bigint  NOT NULL
);

INSERT INTO accounts (customer, name, balance) VALUES
    (1, 'checking', 500),
    (1, 'savings',  500),
    (2, 'checking', 500),
    (2, 'savings',  500)
ON CONFLICT (customer, name) DO NOTHING;

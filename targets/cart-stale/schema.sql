-- The tables of the cart service. Applying this file twice changes nothing.

CREATE TABLE IF NOT EXISTS carts (
    id      integer PRIMARY KEY,
    version integer NOT NULL DEFAULT 1   -- counts the changes
);

CREATE TABLE IF NOT EXISTS items (
    cart     integer NOT NULL,
    sku      text    NOT NULL,
    quantity integer NOT NULL,
    PRIMARY KEY (cart, sku)
);

INSERT INTO carts (id) VALUES (1), (2) ON CONFLICT (id) DO NOTHING;
INSERT INTO items (cart, sku, quantity) VALUES (1, 'apple', 1), (2, 'apple', 1)
ON CONFLICT (cart, sku) DO NOTHING;

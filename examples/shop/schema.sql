-- The shop's tables. Applied at every start, so each statement is harmless when repeated.
CREATE TABLE IF NOT EXISTS products (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    price_cents bigint NOT NULL
);

-- Apart from products, with room in each page, so that an update stays in place.
CREATE TABLE IF NOT EXISTS stock (
    product bigint PRIMARY KEY REFERENCES products,
    quantity bigint NOT NULL CHECK (quantity >= 0)
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS reviews (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product bigint NOT NULL REFERENCES products,
    stars int NOT NULL CHECK (stars BETWEEN 1 AND 5)
);
CREATE INDEX IF NOT EXISTS reviews_product ON reviews (product);

CREATE TABLE IF NOT EXISTS carts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS cart_items (
    cart bigint NOT NULL REFERENCES carts,
    product bigint NOT NULL REFERENCES products,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (cart, product)
);

CREATE TABLE IF NOT EXISTS orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made timestamptz NOT NULL DEFAULT now(),
    total_cents bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS order_items (
    order_id bigint NOT NULL REFERENCES orders,
    product bigint NOT NULL REFERENCES products,
    quantity bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS reservations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made timestamptz NOT NULL DEFAULT now(),
    product bigint NOT NULL,
    quantity bigint NOT NULL
);

#!/usr/bin/env python3
"""cart_service: shopping carts in PostgreSQL, with a cache in Redis in front. Environment:

    DATABASE_URL  the PostgreSQL that keeps the carts
    REDIS_URL     the Redis that caches them
    VARIANT       `racy` (default) or `fixed`; see README.md
"""

import argparse
import os
import re
import sys
from urllib.parse import urlsplit

import serving
from cache import CACHES
from database import Database
from errors import StoreAway

QUANTITY_MAX = 1000
CART_PATH = re.compile(r"/carts/([1-9][0-9]{0,8})")
ITEM_PATH = re.compile(r"/carts/([1-9][0-9]{0,8})/items/([a-z0-9-]{1,32})")


def read_cart(database, cache, cart_id):
    """The cart, from the cache if it is there; None when there is no such cart."""
    cart = cache.get(cart_id)
    if cart is None:
        cart = database.read_cart(cart_id)
        if cart is not None:
            # Between the reading and this filling, another request may have changed the cart.
            cache.fill(cart)
    return cart


def put_item(database, cache, cart_id, sku, quantity):
    """Whether there is such a cart; if so, its item has the quantity now."""
    cart = database.put_item(cart_id, sku, quantity)
    if cart is None:
        return False
    cache.changed(cart)
    return True


class Handler(serving.Handler):
    """The HTTP interface of the carts."""

    database = None
    cache = None

    def do_GET(self):
        try:
            status, body = self.get()
        except StoreAway as error:
            status, body = 503, {"error": str(error)}
        self.reply(status, body)

    def do_PUT(self):
        try:
            status, body = self.put()
        except serving.BadRequest as error:
            status, body = 400, {"error": str(error)}
        except StoreAway as error:
            # A change that was stored and not cached is finished by the next PUT.
            status, body = 503, {"error": f"{error}; send the request again"}
        self.reply(status, body)

    def get(self):
        if self.path == "/healthz":
            self.database.ping()
            self.cache.ping()
            return 200, {"status": "ok"}
        match = CART_PATH.fullmatch(self.path)
        if match is None:
            return 404, {"error": "there is nothing at this path"}
        cart = read_cart(self.database, self.cache, int(match[1]))
        return (404, {"error": "there is no such cart"}) if cart is None else (200, cart)

    def put(self):
        # Read first, so that the connection can be used again whatever the answer is.
        body = self.read_json()
        match = ITEM_PATH.fullmatch(self.path)
        if match is None:
            return 404, {"error": "there is nothing at this path"}
        quantity = body.get("quantity") if isinstance(body, dict) else None
        # JSON's true would pass for a 1.
        if type(quantity) is not int or not 1 <= quantity <= QUANTITY_MAX:
            raise serving.BadRequest(f"the body needs a quantity from 1 to {QUANTITY_MAX}")
        cart_id, sku = int(match[1]), match[2]
        if not put_item(self.database, self.cache, cart_id, sku, quantity):
            return 404, {"error": "there is no such cart"}
        return 200, {"cart": cart_id, "sku": sku, "quantity": quantity}


def address(name, *schemes):
    """The URL in the environment variable `name`, which must have one of the schemes."""
    url = os.environ.get(name, "")
    if urlsplit(url).scheme not in schemes:
        sys.exit(f"cart_service: {name} must begin with {schemes[0]}://")
    return url


def main():
    parser = argparse.ArgumentParser(description="Shopping carts with a cache in front.")
    parser.add_argument("--port", type=serving.port, required=True)
    port = parser.parse_args().port
    variant = os.environ.get("VARIANT", "racy")
    if variant not in CACHES:
        sys.exit(f"cart_service: VARIANT must be one of {', '.join(CACHES)}")
    Handler.database = Database(address("DATABASE_URL", "postgres", "postgresql"))
    Handler.cache = CACHES[variant](address("REDIS_URL", "redis"))
    serving.serve(Handler, port)


if __name__ == "__main__":
    main()

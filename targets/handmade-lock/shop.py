#!/usr/bin/env python3
"""shop: sells from a stock kept in Redis, under a lock made by hand. Environment:

    REDIS_URL  where the stock is kept
    VARIANT    `racy` (default) or `fixed`; see README.md
"""

import argparse
import os
import sys

import redis

import serving
import web
from selling import sell_fixed, sell_racy, stock
from store import connect

SELLING = {"racy": sell_racy, "fixed": sell_fixed}

ID_DIGITS_MAX = 9
BUYER_LENGTH_MAX = 64


def identity(text):
    """The number in a path. What can't be one names nothing."""
    if not (text.isascii() and text.isdigit()) or len(text) > ID_DIGITS_MAX:
        raise web.Refusal(404, "there is nothing at this path")
    return int(text)


def buyer_of(body):
    buyer = body.get("buyer")
    if not isinstance(buyer, str) or not 0 < len(buyer) <= BUYER_LENGTH_MAX:
        raise web.Refusal(400, f"the body needs a buyer of at most {BUYER_LENGTH_MAX} characters")
    if not buyer.isprintable():
        raise web.Refusal(400, "the buyer has characters that can't be printed")
    return buyer


class Handler(web.JsonHandler):
    """The HTTP interface of the shop."""

    store = None
    sell = None

    def answer(self, method, path, body):
        try:
            return self.route(method, path, body)
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise web.Refusal(503, f"the store is away: {error}") from error
        except redis.RedisError as error:
            return 500, {"error": f"the store says: {error}"}

    def route(self, method, path, body):
        match method, path:
            case "GET", ["healthz"]:
                self.store.ping()
                return 200, {"status": "ok"}
            case "GET", ["products", product]:
                return self.show(identity(product))
            case "POST", ["products", product, "buy"]:
                product, buyer = identity(product), buyer_of(web.parse_json(body))
                left = self.sell(self.store, product, buyer)
                return 201, {"product": product, "buyer": buyer, "left": left}
        raise web.Refusal(404, "there is nothing at this path")

    def show(self, product):
        left = stock(self.store, product)
        if left is None:
            raise web.Refusal(404, "no such product")
        return 200, {"product": product, "left": left}


def main():
    parser = argparse.ArgumentParser(description="Sells from a stock kept in Redis.")
    parser.add_argument("--port", type=serving.port, required=True)
    port = parser.parse_args().port
    variant = os.environ.get("VARIANT", "racy")
    if variant not in SELLING:
        sys.exit(f"shop: VARIANT must be one of {', '.join(SELLING)}")
    try:
        Handler.store = connect(os.environ.get("REDIS_URL", ""))
    except ValueError as error:
        sys.exit(f"shop: REDIS_URL {error}")
    Handler.sell = staticmethod(SELLING[variant])
    serving.serve(Handler, port)


if __name__ == "__main__":
    main()

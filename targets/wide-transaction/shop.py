#!/usr/bin/env python3
"""shop: keeps orders and the accounts of customers, and has payments charged. Environment:

    DATABASE_URL  PostgreSQL, with the tables of schema.sql
    PAYMENTS_URL  base URL of the payments service
    VARIANT       `racy` (default) or `fixed`; see README.md
"""

import argparse
import os
import sys

import psycopg

import serving
import web
from closing import close
from database import Database, DatabaseUnavailable
from payments_client import PaymentsClient
from paying import pay_narrow, pay_wide

PAYING = {"racy": pay_wide, "fixed": pay_narrow}

ID_DIGITS_MAX = 9


def identity(text):
    """The number in a path. What can't be one names nothing."""
    if not (text.isascii() and text.isdigit()) or len(text) > ID_DIGITS_MAX:
        raise web.Refusal(404, "there is nothing at this path")
    return int(text)


class Handler(web.JsonHandler):
    """The HTTP interface of the shop."""

    database = None
    payments = None
    pay = None

    def answer(self, method, path, body):
        try:
            return self.route(method, path)
        except DatabaseUnavailable as error:
            raise web.Refusal(503, f"the database is away: {error}") from error
        except psycopg.Error as error:
            return 500, {"error": f"the database says: {error.diag.message_primary or error}"}

    def route(self, method, path):
        match method, path:
            case "GET", ["healthz"]:
                return self.health()
            case "POST", ["orders", order, "pay"]:
                order = identity(order)
                self.pay(self.database, self.payments, order)
                return 200, {"order": order, "status": "paid"}
            case "POST", ["accounts", account, "close"]:
                account = identity(account)
                cancelled = close(self.database, account)
                return 200, {"account": account, "status": "closed", "cancelled": cancelled}
        raise web.Refusal(404, "there is nothing at this path")

    def health(self):
        with self.database.connection() as connection:
            connection.execute("SELECT 1")
        if not self.payments.is_up():
            raise web.Refusal(503, "payments is not reachable")
        return 200, {"status": "ok"}


def main():
    parser = argparse.ArgumentParser(description="Keeps orders and accounts.")
    parser.add_argument("--port", type=serving.port, required=True)
    port = parser.parse_args().port
    variant = os.environ.get("VARIANT", "racy")
    if variant not in PAYING:
        sys.exit(f"shop: VARIANT must be one of {', '.join(PAYING)}")
    if not os.environ.get("DATABASE_URL"):
        sys.exit("shop: DATABASE_URL is needed")
    try:
        Handler.payments = PaymentsClient(os.environ.get("PAYMENTS_URL", ""))
    except ValueError as error:
        sys.exit(f"shop: PAYMENTS_URL {error}")
    Handler.database = Database(os.environ["DATABASE_URL"])
    Handler.pay = staticmethod(PAYING[variant])
    serving.serve(Handler, port)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""payments: charges customers, playing a service of another team.

A charge may carry an `Idempotency-Key`. A second one with the same key charges nothing and is
answered with the first.
"""

import argparse
import threading

import serving
import web

KEY_LENGTH_MAX = 100
NUMBER_MAX = 1_000_000_000


class Ledger:
    """All charges, in memory. Every method is atomic."""

    def __init__(self):
        self._lock = threading.Lock()
        self._charges = []
        self._by_key = {}

    def charge(self, order, amount, key):
        """The charge, and whether it is new."""
        charge = {"order": order, "amount": amount}
        with self._lock:
            if key is not None:
                known = self._by_key.setdefault(key, charge)
                if known is not charge:
                    return known, False
            self._charges.append(charge)
        return charge, True

    def clear(self):
        with self._lock:
            self._charges.clear()
            self._by_key.clear()

    def charges(self):
        """Sorted, so that the same charges are the same answer."""
        with self._lock:
            return sorted(self._charges, key=lambda charge: (charge["order"], charge["amount"]))


def positive(body, name):
    """A field that must be a whole number above 0."""
    number = body.get(name)
    if type(number) is not int or not 0 < number <= NUMBER_MAX:
        raise web.Refusal(400, f"the body needs {name}, a whole number above 0")
    return number


class Handler(web.JsonHandler):
    """The HTTP interface of a ledger."""

    ledger = Ledger()

    def answer(self, method, path, body):
        match method, path:
            case "GET", ["healthz"]:
                return 200, {"status": "ok"}
            case "GET", ["charges"]:
                return 200, {"charges": self.ledger.charges()}
            case "DELETE", ["charges"]:
                self.ledger.clear()
                return 204, None
            case "POST", ["charges"]:
                return self.charge(web.parse_json(body))
        raise web.Refusal(404, "there is nothing at this path")

    def charge(self, body):
        order, amount = positive(body, "order"), positive(body, "amount")
        key = self.headers.get("Idempotency-Key")
        if key is not None and len(key) > KEY_LENGTH_MAX:
            raise web.Refusal(400, f"a key has at most {KEY_LENGTH_MAX} characters")
        charge, is_new = self.ledger.charge(order, amount, key)
        if charge != {"order": order, "amount": amount}:
            raise web.Refusal(422, "the key was used for another charge")
        return (201 if is_new else 200), charge


def main():
    parser = argparse.ArgumentParser(description="A payments service in memory.")
    parser.add_argument("--port", type=serving.port, required=True)
    serving.serve(Handler, parser.parse_args().port)


if __name__ == "__main__":
    main()

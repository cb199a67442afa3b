#!/usr/bin/env python3
"""registration: signs customers up and hands each a token.

The customers themselves are kept by the `customers` service. Environment:

    CUSTOMERS_URL  base URL of that service
    VARIANT        `racy` (default) or `fixed`; see README.md
"""

import argparse
import hashlib
import hmac
import os
import sys
from urllib.parse import quote

import serving
import web
from directory_client import DirectoryClient, DirectoryUnavailable

# A fixed key keeps tokens comparable between runs. A real shop would be given a secret one.
TOKEN_KEY = b"twin-token demonstration key"

VARIANTS = ("racy", "fixed")


def make_token(customer):
    """`<id>.<hex hmac of the id>`. A customer of None makes a token for nobody: `null.<...>`."""
    name = "null" if customer is None else str(customer)
    return f"{name}.{hmac.new(TOKEN_KEY, name.encode(), hashlib.sha256).hexdigest()}"


def register(directory, email, variant):
    """Signs the email up. Returns a status code and a body."""
    found, _ = directory.call("GET", f"/customers?email={quote(email, safe='@')}")
    if found == 200:
        return 409, {"error": "already registered"}
    if found != 404:
        return 502, {"error": f"customers answered the search with {found}"}

    # Between the search above and the create below another request may have created the
    # same customer. The directory tells only by the body `null`.
    status, created = directory.call("POST", "/customers", {"email": email})
    if status not in (200, 201):
        return 502, {"error": f"customers answered the create with {status}"}
    if created is None and variant == "fixed":
        return 409, {"error": "already registered"}
    customer = created.get("id") if isinstance(created, dict) else None
    return 201, {"email": email, "customer": customer, "token": make_token(customer)}


class Handler(web.JsonHandler):
    """The HTTP interface of the registration."""

    directory = None
    variant = "racy"

    def do_GET(self):
        if self.path == "/healthz":
            self.reply(200, {"status": "ok"})
        else:
            self.reply(404, {"error": "there is nothing at this path"})

    def do_POST(self):
        try:
            email = self.read_email()
        except serving.BadRequest as error:
            self.reply(400, {"error": str(error)})
            return
        if self.path != "/register":
            self.reply(404, {"error": "there is nothing at this path"})
            return
        try:
            status, body = register(self.directory, email, self.variant)
        except DirectoryUnavailable as error:
            status, body = 502, {"error": f"customers is not reachable: {error}"}
        self.reply(status, body)


def main():
    parser = argparse.ArgumentParser(description="Signs customers up and hands out tokens.")
    parser.add_argument("--port", type=serving.port, required=True)
    port = parser.parse_args().port
    Handler.variant = os.environ.get("VARIANT", "racy")
    if Handler.variant not in VARIANTS:
        sys.exit(f"registration: VARIANT must be one of {', '.join(VARIANTS)}")
    try:
        Handler.directory = DirectoryClient(os.environ.get("CUSTOMERS_URL", ""))
    except ValueError as error:
        sys.exit(f"registration: CUSTOMERS_URL {error}")
    serving.serve(Handler, port)


if __name__ == "__main__":
    main()

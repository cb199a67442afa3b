#!/usr/bin/env python3
"""customers: the customer directory, playing a service of another team.

Its one odd habit is kept as it is known from real directories: creating a customer who
exists already is not an error, it answers 200 with the body `null`.
"""

import argparse
import threading
from urllib.parse import parse_qs, urlsplit

import serving
import web


class Directory:
    """All customers, in memory. Every method is atomic."""

    def __init__(self):
        self._lock = threading.Lock()
        self._ids = {}
        self._next_id = 1

    def find(self, email):
        """The customer's id, or None."""
        with self._lock:
            return self._ids.get(email)

    def create(self, email):
        """The new customer's id, or None when there is one with this email already."""
        with self._lock:
            if email in self._ids:
                return None
            self._ids[email] = self._next_id
            self._next_id += 1
            return self._ids[email]

    def clear(self):
        """Forgets everyone and starts numbering anew."""
        with self._lock:
            self._ids.clear()
            self._next_id = 1

    def count(self):
        with self._lock:
            return len(self._ids)


class Handler(web.JsonHandler):
    """The HTTP interface of a directory."""

    directory = Directory()

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/healthz":
            self.reply(200, {"status": "ok"})
        elif url.path == "/customers/count":
            self.reply(200, {"count": self.directory.count()})
        elif url.path == "/customers":
            self.find(parse_qs(url.query))
        else:
            self.reply(404, {"error": "there is nothing at this path"})

    def do_POST(self):
        try:
            email = self.read_email()
        except serving.BadRequest as error:
            self.reply(400, {"error": str(error)})
            return
        if self.path != "/customers":
            self.reply(404, {"error": "there is nothing at this path"})
            return
        customer = self.directory.create(email)
        if customer is None:
            self.reply(200, None)
        else:
            self.reply(201, {"id": customer})

    def do_DELETE(self):
        if self.path != "/customers":
            self.reply(404, {"error": "there is nothing at this path"})
            return
        self.directory.clear()
        self.reply_empty(204)

    def find(self, query):
        emails = query.get("email", [])
        if len(emails) != 1:
            self.reply(400, {"error": "exactly one email is needed"})
            return
        customer = self.directory.find(emails[0])
        if customer is None:
            self.reply(404, {"error": "no such customer"})
        else:
            self.reply(200, {"id": customer, "email": emails[0]})


def main():
    parser = argparse.ArgumentParser(description="A customer directory in memory.")
    parser.add_argument("--port", type=serving.port, required=True)
    serving.serve(Handler, parser.parse_args().port)


if __name__ == "__main__":
    main()

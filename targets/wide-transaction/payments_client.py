"""The client side of the payments service: JSON over kept-alive connections."""

import http.client
import json
import socket
import threading
import time
from urllib.parse import urlsplit

ANSWER_SECONDS = 10
IDLE_MAX = 16
# The service closes a connection that was idle for a minute; one younger than this is still open.
KEPT_SECONDS = 30


class PaymentsUnavailable(Exception):
    """The payments service could not be reached, or its answer could not be read."""


class _Connection(http.client.HTTPConnection):
    """A connection that sends small requests at once."""

    def connect(self):
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class PaymentsClient:
    """A small pool of connections, shared by all request threads."""

    def __init__(self, url):
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("must be of the form http://host:port")
        self._address = (parts.hostname, parts.port or 80)
        self._lock = threading.Lock()
        self._idle = []

    def is_up(self):
        """Whether the service answers that it is well."""
        try:
            return self._call("GET", "/healthz", None, {}) == 200
        except PaymentsUnavailable:
            return False

    def charge(self, order, amount, key=None):
        """Charges for an order; returns the status. With a key, asking again charges once."""
        body = json.dumps({"order": order, "amount": amount}).encode()
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self._call("POST", "/charges", body, headers)

    def _call(self, method, path, body, headers):
        connection = self._take()
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise PaymentsUnavailable(str(error) or type(error).__name__) from error
        self._give_back(connection)
        return response.status

    def _take(self):
        now = time.monotonic()
        with self._lock:
            while self._idle:
                connection, since = self._idle.pop()
                if now - since < KEPT_SECONDS:
                    return connection
                connection.close()
        return _Connection(*self._address, timeout=ANSWER_SECONDS)

    def _give_back(self, connection):
        with self._lock:
            if len(self._idle) < IDLE_MAX:
                self._idle.append((connection, time.monotonic()))
                return
        connection.close()

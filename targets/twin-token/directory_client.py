"""The client side of the customers service: JSON over kept-alive connections."""

import http.client
import json
import socket
import threading
from urllib.parse import urlsplit

ANSWER_SECONDS = 10
IDLE_MAX = 16


class DirectoryUnavailable(Exception):
    """The customers service could not be reached, or its answer could not be read."""


class _Connection(http.client.HTTPConnection):
    """A connection that sends small requests at once."""

    def connect(self):
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class DirectoryClient:
    """A small pool of connections, shared by all request threads."""

    def __init__(self, url):
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("must be of the form http://host:port")
        self._address = (parts.hostname, parts.port or 80)
        self._lock = threading.Lock()
        self._idle = []

    def call(self, method, target, body=None):
        """Sends one request; returns the status code and the decoded JSON body."""
        payload = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if payload is not None else {}
        try:
            connection, kept = self._take()
            try:
                status, answer = self._exchange(connection, method, target, payload, headers)
            except (http.client.RemoteDisconnected, ConnectionError):
                # The server may have closed a kept connection just now. A search can be sent
                # again on a new one; a create must not be, the first may have been carried out.
                connection.close()
                if not kept or method != "GET":
                    raise
                connection = self._open()
                status, answer = self._exchange(connection, method, target, payload, headers)
        except (OSError, http.client.HTTPException) as error:
            raise DirectoryUnavailable(str(error) or type(error).__name__) from error
        self._give_back(connection)
        try:
            return status, json.loads(answer) if answer else None
        except ValueError as error:
            raise DirectoryUnavailable("its answer is not JSON") from error

    def _exchange(self, connection, method, target, payload, headers):
        try:
            connection.request(method, target, body=payload, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        except BaseException:
            connection.close()
            raise

    def _open(self):
        return _Connection(*self._address, timeout=ANSWER_SECONDS)

    def _take(self):
        """A connection, and whether it was used before."""
        with self._lock:
            if self._idle:
                return self._idle.pop(), True
        return self._open(), False

    def _give_back(self, connection):
        with self._lock:
            if len(self._idle) < IDLE_MAX:
                self._idle.append(connection)
                return
        connection.close()

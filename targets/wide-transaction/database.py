"""A small pool of PostgreSQL connections, shared by all request threads."""

import contextlib
import select
import threading

import psycopg
from psycopg.pq import TransactionStatus

CONNECTIONS_MAX = 16
CONNECT_SECONDS = 5
# A request waits so long for its turn. The others may be waiting for locks meanwhile.
TURN_SECONDS = 10


class DatabaseUnavailable(Exception):
    """The database could not be reached, or the connection to it was lost."""


class Database:
    """Connects when first needed, and again when a connection was lost."""

    def __init__(self, url):
        self._url = url
        self._turns = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._lock = threading.Lock()
        self._idle = []

    @contextlib.contextmanager
    def connection(self):
        """A connection for some statements. Each commits by itself unless in a transaction."""
        if not self._turns.acquire(timeout=TURN_SECONDS):
            raise DatabaseUnavailable("all connections are in use")
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        except psycopg.OperationalError as error:
            # An error that PostgreSQL itself reports about a statement is not a lost connection.
            if error.sqlstate is None or error.sqlstate[:2] in ("08", "53", "57"):
                raise DatabaseUnavailable(str(error)) from error
            raise
        finally:
            self._turns.release()

    @contextlib.contextmanager
    def transaction(self):
        """A connection in a transaction, which is rolled back by any exception."""
        with self.connection() as connection, connection.transaction():
            yield connection

    def _take(self):
        while True:
            with self._lock:
                if not self._idle:
                    break
                connection = self._idle.pop()
            if not _has_ended(connection):
                return connection
            connection.close()
        return psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS)

    def _give_back(self, connection):
        if connection.info.transaction_status != TransactionStatus.IDLE:
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)


def _has_ended(connection):
    """Nothing is sent to an idle connection, unless the server ends it."""
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))

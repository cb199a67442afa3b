"""Carts in PostgreSQL, and a small pool of connections to it. Both variants use it alike."""

import select
import threading
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus

from errors import StoreAway

CONNECTIONS_MAX = 8
CONNECT_SECONDS = 10

# One statement, so that version and items are of the same moment.
READ_CART = """
    SELECT carts.version, items.sku, items.quantity
    FROM carts LEFT JOIN items ON items.cart = carts.id
    WHERE carts.id = %s ORDER BY items.sku
"""
# Locks the cart's row up to the commit, so writers of one cart go one after the other.
NEXT_VERSION = "UPDATE carts SET version = version + 1 WHERE id = %s"
PUT_ITEM = """
    INSERT INTO items (cart, sku, quantity) VALUES (%s, %s, %s)
    ON CONFLICT (cart, sku) DO UPDATE SET quantity = excluded.quantity
"""


class Database:
    """The carts. Connects when first needed."""

    def __init__(self, url):
        self._url = url
        self._free = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._lock = threading.Lock()
        self._idle = []

    def ping(self):
        with self._connection() as connection:
            connection.execute("SELECT 1")

    def read_cart(self, cart_id):
        """`{"cart", "version", "items": {sku: quantity}}`, or None."""
        with self._connection() as connection:
            return _read_cart(connection, cart_id)

    def put_item(self, cart_id, sku, quantity):
        """The cart as this change leaves it, or None when there is none."""
        with self._connection() as connection, connection.transaction():
            if connection.execute(NEXT_VERSION, [cart_id]).rowcount == 0:
                return None
            connection.execute(PUT_ITEM, [cart_id, sku, quantity])
            return _read_cart(connection, cart_id)

    @contextmanager
    def _connection(self):
        with self._free:
            try:
                connection = self._take()
                try:
                    yield connection
                finally:
                    self._give_back(connection)
            except psycopg.Error as error:
                raise StoreAway("the database failed") from error

    def _take(self):
        while True:
            with self._lock:
                if not self._idle:
                    break
                connection = self._idle.pop()
            if _is_quiet(connection):
                return connection
            connection.close()
        # Statements are not prepared: after a few runs that would make their messages differ.
        return psycopg.connect(
            self._url, autocommit=True, prepare_threshold=None, connect_timeout=CONNECT_SECONDS
        )

    def _give_back(self, connection):
        # Anything else: it was lost, or its transaction is not over.
        if connection.info.transaction_status == TransactionStatus.IDLE:
            with self._lock:
                self._idle.append(connection)
        else:
            connection.close()


def _is_quiet(connection):
    """Whether nothing came from the server meanwhile. When it says something by itself, then
    mostly that it is going away."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def _read_cart(connection, cart_id):
    rows = connection.execute(READ_CART, [cart_id]).fetchall()
    if not rows:
        return None
    # A cart without items is one row without an item.
    items = {sku: quantity for _, sku, quantity in rows if sku is not None}
    return {"cart": cart_id, "version": rows[0][0], "items": items}

"""Carts in Redis, as JSON under `cart:<id>`, without expiry. The variants differ only here: in
what a reader that found nothing leaves behind, and what a writer does after its commit."""

import json
from contextlib import contextmanager

import redis

from errors import StoreAway

CONNECTIONS_MAX = 8
ANSWER_SECONDS = 10

# Runs in Redis as a whole, so nothing comes between the look and the SET. Versions of a cart only
# grow, and a cart of one version always has the same content.
SET_IF_NEWER = """
local held = redis.call('GET', KEYS[1])
if held and cjson.decode(held).version >= tonumber(ARGV[1]) then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
""".strip()


class Cache:
    """What both variants have in common."""

    def __init__(self, url):
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            # Else each connection begins by telling the server the name of the library.
            lib_name=None,
            lib_version=None,
        )
        self.redis = redis.Redis(connection_pool=pool)

    def ping(self):
        with _failures():
            self.redis.ping()

    def get(self, cart_id):
        """The cart as it is cached, or None."""
        with _failures():
            held = self.redis.get(_key(cart_id))
            return None if held is None else json.loads(held)


class DeletingCache(Cache):
    """`racy`: readers fill, writers delete."""

    def fill(self, cart):
        with _failures():
            self.redis.set(_key(cart["cart"]), _text(cart))

    def changed(self, cart):
        with _failures():
            self.redis.delete(_key(cart["cart"]))


class NewestCache(Cache):
    """`fixed`: readers and writers alike bring what they have, and the newest version stays."""

    def fill(self, cart):
        with _failures():
            self.redis.eval(SET_IF_NEWER, 1, _key(cart["cart"]), cart["version"], _text(cart))

    def changed(self, cart):
        self.fill(cart)


CACHES = {"racy": DeletingCache, "fixed": NewestCache}


def _key(cart_id):
    return f"cart:{cart_id}"


def _text(cart):
    return json.dumps(cart, separators=(",", ":"))


@contextmanager
def _failures():
    """A ValueError comes from a cached text that is not JSON."""
    try:
        yield
    except (redis.RedisError, ValueError) as error:
        raise StoreAway("the cache failed") from error

"""Two locks made by hand from `SET ... NX PX`. README.md tells how they differ."""

import secrets
import time

from web import Refusal

# A holder that dies would keep everyone out for ever, so a lock ends by itself.
EXPIRY_MILLISECONDS = 200
POLL_SECONDS = 0.005

# Deletes the lock only if it is still the caller's.
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
"""


class PlainLock:
    """Says that somebody is inside, and not who."""

    def __init__(self, store, name, until):
        self.name = name
        self._store = store
        _take(store, name, "1", until)

    def release(self):
        # After an expiry this is the lock of whoever came next.
        self._store.delete(self.name)


class TokenLock:
    """Says who is inside, by a token that nobody else has and that is never used again."""

    def __init__(self, store, name, until):
        self.name = name
        self.token = secrets.token_hex(16)
        self._store = store
        _take(store, name, self.token, until)

    def release(self):
        self._store.eval(RELEASE, 1, self.name, self.token)


def _take(store, name, value, until):
    """Asks again and again; tries at least once, however late it is."""
    while not store.set(name, value, nx=True, px=EXPIRY_MILLISECONDS):
        if time.monotonic() >= until:
            raise Refusal(409, "too many buyers at once")
        time.sleep(POLL_SECONDS)

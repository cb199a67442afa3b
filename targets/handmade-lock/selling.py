"""Selling one piece of a product, in two ways. README.md tells how they differ."""

import time

from locks import PlainLock, TokenLock
from web import Refusal

# A buyer waits so long for the lock.
PATIENCE_SECONDS = 2

# Sells if the lock is still the caller's, and says whether it was.
SELL = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('RPUSH', KEYS[3], ARGV[3])
return 1
"""


def sell_racy(store, product, buyer):
    """Believes that whoever has taken the lock still has it. Returns how many are left."""
    lock = PlainLock(store, f"lock:stock:{product}", time.monotonic() + PATIENCE_SECONDS)
    try:
        left = _left(store, product) - 1
        # If reading took longer than the lock lasts, somebody else has read the same by now.
        store.set(f"stock:{product}", left)
        store.rpush(f"sold:{product}", buyer)
    finally:
        lock.release()
    return left


def sell_fixed(store, product, buyer):
    """Has Redis look whether the lock is still held in the very step that writes."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        lock = TokenLock(store, f"lock:stock:{product}", until)
        try:
            left = _left(store, product) - 1
            keys = (lock.name, f"stock:{product}", f"sold:{product}")
            if store.eval(SELL, len(keys), *keys, lock.token, left, buyer):
                return left
        finally:
            lock.release()
        # The lock ended before the sale, so nothing was written and what was read is old.
        if time.monotonic() >= until:
            raise Refusal(409, "too many buyers at once")


def stock(store, product):
    """How many are left, or None when there is no such product."""
    text = store.get(f"stock:{product}")
    return None if text is None else int(text)


def _left(store, product):
    left = stock(store, product)
    if left is None:
        raise Refusal(404, "no such product")
    if left < 1:
        raise Refusal(409, "sold out")
    return left

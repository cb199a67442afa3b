"""Redis: a small pool of connections, shared by all request threads."""

import redis

CONNECTIONS_MAX = 32
CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
# A request waits so long for its turn.
TURN_SECONDS = 10


def connect(url):
    """A client that connects when first needed, and again when a connection was lost.

    A command is never sent a second time: the first may have been carried out.
    """
    pool = redis.BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS_MAX,
        timeout=TURN_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        decode_responses=True,
    )
    return redis.Redis(connection_pool=pool)

"""An ordinary Python client of both stores: pipelines, transactions, binary values, pub/sub."""
import sys

import psycopg
import redis

url, redis_port = sys.argv[1], int(sys.argv[2])

with psycopg.connect(url) as connection:
    connection.execute("CREATE TABLE p(id int PRIMARY KEY, name text, data bytea)")
    connection.commit()
    with connection.pipeline(), connection.transaction():
        cursors = [
            connection.execute("INSERT INTO p VALUES (%s, %s, %b) RETURNING id", (i, f"n{i}", bytes([i])))
            for i in range(50)
        ]
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(50))
    try:
        with connection.transaction():
            connection.execute("INSERT INTO p VALUES (1, 'twice', NULL)")
        raise SystemExit("a duplicate was taken")
    except psycopg.errors.UniqueViolation:
        pass
    with connection.cursor(binary=True) as cursor:
        cursor.execute("SELECT id, data FROM p WHERE id = ANY(%s) ORDER BY id", ([3, 7],))
        assert cursor.fetchall() == [(3, b"\x03"), (7, b"\x07")]
    with connection.cursor() as cursor, cursor.copy("COPY p (id, name) FROM STDIN") as copy:
        for i in range(100, 200):
            copy.write_row((i, "copied"))
    assert connection.execute("SELECT count(*) FROM p").fetchone()[0] == 150
    connection.commit()

with psycopg.connect(url, autocommit=True) as listener, psycopg.connect(url, autocommit=True) as speaker:
    listener.execute("LISTEN news")
    speaker.execute("NOTIFY news, 'hello'")
    notice = next(listener.notifies(timeout=20, stop_after=1))
    assert notice.payload == "hello"

for protocol in (2, 3):
    client = redis.Redis(port=redis_port, protocol=protocol, decode_responses=True)
    client.set("count", 10)
    with client.pipeline(transaction=False) as pipe:
        for _ in range(100):
            pipe.incr("count")
        assert pipe.execute()[-1] == 110
    with client.pipeline(transaction=True) as pipe:
        pipe.watch("count")
        value = int(pipe.get("count"))
        pipe.multi()
        pipe.set("count", value - 1)
        pipe.get("count")
        assert pipe.execute() == [True, "109"]
    assert client.eval("return redis.call('GET', KEYS[1])", 1, "count") == "109"
    subscriber = client.pubsub()
    subscriber.subscribe("news")
    assert subscriber.get_message(timeout=20)["type"] == "subscribe"
    client.publish("news", "hello")
    assert subscriber.get_message(timeout=20)["data"] == "hello"
    subscriber.close()
    client.rpush("queue", "job")
    assert client.blpop("queue", timeout=20) == (["queue", "job"] if protocol == 3 else ("queue", "job"))

print("ok")

"""Cancels a running query from outside, the way a client does on time-out."""
import sys
import threading

import psycopg

url = sys.argv[1]
with psycopg.connect(url) as connection, psycopg.connect(url, autocommit=True) as watcher:
    pid = connection.info.backend_pid

    def cancel_when_running():
        while True:
            row = watcher.execute(
                "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query LIKE '%%pg_sleep%%'",
                (pid,),
            ).fetchone()
            if row:
                break
        connection.cancel()

    thread = threading.Thread(target=cancel_when_running)
    thread.start()
    try:
        connection.execute("SELECT pg_sleep(60)")
        print("not cancelled")
    except psycopg.errors.QueryCanceled:
        print("cancelled")
    thread.join()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The same functions by psycopg 3. Prints the seconds that an operation took that nothing disturbed: the
fastest fifth's slowest of COUNT.

usage: psycopgpeer.py CONNINFO send|send_batch|receive COUNT EVENTS_EACH PAYLOAD_BYTES
"""
import sys
import time

import psycopg

conninfo, what, count, events, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
payload = "p" * size

with psycopg.connect(conninfo, autocommit=True) as connection:
    def send():
        connection.execute("select pgque.send(%s::text, %s::text, %s::text)", ("peer", "kind", payload)).fetchone()

    batch = [payload] * events

    def send_batch():
        connection.execute("select pgque.send_batch(%s::text, %s::text, %s::text[])", ("peer", "kind", batch)).fetchone()

    def fill():
        send_batch()
        connection.execute("select pgque.force_next_tick('peer')")
        connection.execute("select pgque.ticker('peer')")

    def receive():
        rows = connection.execute("select * from pgque.receive(%s::text, %s::text, null)", ("peer", "reader")).fetchall()
        assert len(rows) == events, len(rows)
        connection.execute("select pgque.ack(%s::bigint)", (rows[0][1],)).fetchone()

    took = []
    for _ in range(count):
        if what == "receive":
            fill()
        started = time.perf_counter()
        {"send": send, "send_batch": send_batch, "receive": receive}[what]()
        took.append(time.perf_counter() - started)
print(sorted(took)[len(took) // 5])

"""What the Python targets share: JSON over kept-alive connections, and a server that ends at once on
SIGTERM."""

import argparse
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_BYTES_MAX = 16 * 1024
IDLE_SECONDS = 60


class BadRequest(Exception):
    """The request can't be understood; the text says why."""


class Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    # A burst of connections must not be refused while the accepting thread is busy.
    request_queue_size = 512

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads and writes JSON over kept-alive connections."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body of an answer leave in one packet, when the handler flushes.
    wbufsize = -1
    timeout = IDLE_SECONDS

    def read_json(self):
        """The decoded body of the request."""
        length = self.headers.get("Content-Length", "")
        is_number = length.isascii() and length.isdigit() and len(length) <= 9
        if not is_number or int(length) > BODY_BYTES_MAX:
            # The body is left unread, so the connection can't be used again.
            self.close_connection = True
            raise BadRequest(f"a body with a Content-Length up to {BODY_BYTES_MAX} is needed")
        body = self.rfile.read(int(length))
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadRequest("the body is not JSON") from error

    def reply(self, status, body):
        """Answers with a JSON body."""
        self.send_payload(status, json.dumps(body).encode())

    def send_payload(self, status, payload):
        """Answers with these bytes of JSON; none are no body."""
        self.send_response(status)
        if payload:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(payload)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format, *args):
        sys.stderr.write(f"{format % args}\n")


def port(text):
    """A command-line argument that must be a port."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (1 to 65535)")
    return int(text)


def serve(handler, number):
    """Serves on 127.0.0.1 until SIGTERM or SIGINT."""
    try:
        server = Server(("127.0.0.1", number), handler)
    except OSError as error:
        sys.exit(f"can't listen on 127.0.0.1:{number}: {error}")

    def stop(_signal, _frame):
        # `shutdown` waits for the serving loop, which runs in this very thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stderr.write(f"listening on http://127.0.0.1:{number}\n")
    server.serve_forever(poll_interval=0.05)
    server.server_close()

"""What the Python targets share: a JSON request handler and a server that ends at once on SIGTERM."""

import argparse
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_BYTES_MAX = 16 * 1024
IDLE_SECONDS = 60


class Refusal(Exception):
    """The request is answered with this status and this text as its `error`."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    # A burst of connections must not be refused while the accepting thread is busy.
    request_queue_size = 512

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class JsonHandler(BaseHTTPRequestHandler):
    """Reads and writes JSON over kept-alive connections. A service says what `answer` is."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Head and body of an answer leave in one packet, when the handler flushes.
    wbufsize = -1
    timeout = IDLE_SECONDS

    def answer(self, method, path, body):
        """The status and the JSON of the answer; `path` is a list of segments."""
        raise NotImplementedError

    def handle_method(self):
        try:
            # Read in any case: what is left of a body would be taken for the next request.
            body = self.read_body()
            path = self.path.partition("?")[0].strip("/").split("/")
            status, answer = self.answer(self.command, path, body)
        except Refusal as refusal:
            status, answer = refusal.status, {"error": str(refusal)}
        self.reply(status, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_method

    def read_body(self):
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            raise Refusal(400, "a body needs a Content-Length")
        # The text may have thousands of digits, which is more than a number is read from.
        if len(length) > len(str(BODY_BYTES_MAX)) or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            raise Refusal(413, f"a body has at most {BODY_BYTES_MAX} bytes")
        return self.rfile.read(int(length))

    def reply(self, status, answer):
        """Answers with a JSON body; None is no body."""
        payload = b"" if answer is None else json.dumps(answer).encode()
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


def parse_json(body):
    """The JSON object of a body."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "the body is not a JSON object")
    return value


def port(text):
    """A command-line argument that must be a port."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
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

"""A handler for services that say what the answer to a request is, or refuse it."""

import json

import serving


class Refusal(Exception):
    """The request is answered with this status and this text as its `error`."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class JsonHandler(serving.Handler):
    """Reads a request whole and answers it. A service says what `answer` is."""

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
        if len(length) > len(str(serving.BODY_BYTES_MAX)) or int(length) > serving.BODY_BYTES_MAX:
            self.close_connection = True
            raise Refusal(413, f"a body has at most {serving.BODY_BYTES_MAX} bytes")
        return self.rfile.read(int(length))

    def reply(self, status, answer):
        """Answers with a JSON body; None is no body."""
        self.send_payload(status, b"" if answer is None else json.dumps(answer).encode())


def parse_json(body):
    """The JSON object of a body."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refusal(400, "the body is not a JSON object")
    return value

#!/usr/bin/env python3
"""Serves the voucher shop on 127.0.0.1 until SIGTERM. README.md tells the story, settings.py the environment."""

import argparse
import os
import signal
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from waitress import create_server

# Each worker thread keeps one connection to the database.
WORKERS = 4
CONNECTIONS_MAX = 1000
HEAD_BYTES_MAX = 16 * 1024
BODY_BYTES_MAX = 16 * 1024
# Answers below this leave in one packet, when they are whole; above, as they are written.
PACKET_BYTES = 16 * 1024


def port(text):
    """A command-line argument that must be a port."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (1 to 65535)")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description="A shop where vouchers are redeemed.")
    parser.add_argument("--port", type=port, required=True)
    number = parser.parse_args().port

    # Their default ends the process at once. What PostgreSQL was not told to commit, it rolls back.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    try:
        application = get_wsgi_application()
        server = create_server(
            application,
            host="127.0.0.1",
            port=number,
            threads=WORKERS,
            connection_limit=CONNECTIONS_MAX,
            max_request_header_size=HEAD_BYTES_MAX,
            max_request_body_size=BODY_BYTES_MAX,
            send_bytes=PACKET_BYTES,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=True,
            ident=None,
        )
    except ImproperlyConfigured as error:
        sys.exit(f"coupon: {error}")
    except OSError as error:
        sys.exit(f"coupon: can't listen on 127.0.0.1:{number}: {error}")
    sys.stderr.write(f"listening on http://127.0.0.1:{number}\n")
    server.run()


if __name__ == "__main__":
    main()

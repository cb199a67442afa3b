"""Answers to requests that could not be served."""

import logging
import sys

from django.db import DataError, InterfaceError, OperationalError

from shop.views import text

log = logging.getLogger(__name__)


def bad_request(request, exception):
    return text("this request can't be understood", 400)


def not_found(request, exception):
    return text("there is nothing at this path", 404)


def server_error(request):
    """Django calls this while it handles the exception, whichever layer it comes from."""
    error = sys.exc_info()[1]
    if isinstance(error, DataError):
        # Only a session cookie reaches the database unchecked. It may hold what no text column takes.
        return text("this request can't be understood", 400)
    if isinstance(error, (OperationalError, InterfaceError)):
        log.error("%s %s: the database is away: %s", request.method, request.path, " ".join(str(error).split()))
        return text("the database is away", 503)
    log.exception("%s %s", request.method, request.path)
    return text("this should not have happened", 500)

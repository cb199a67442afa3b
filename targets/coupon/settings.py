"""Django's settings of the voucher shop. What differs between replicas comes from the environment:

    DATABASE_URL  postgres://user@host:port/database
    VARIANT       `racy` (default) or `fixed`; see README.md
"""

import os
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

VARIANT = os.environ.get("VARIANT", "racy")
if VARIANT not in ("racy", "fixed"):
    raise ImproperlyConfigured("VARIANT must be racy or fixed")


def database(url):
    """Django's description of the database at this URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
        if parts.scheme not in ("postgres", "postgresql") or not parts.hostname:
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL must be of the form postgres://user@host:port/database") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": parts.hostname,
        "PORT": port,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "NAME": unquote(parts.path.lstrip("/")),
        # Connections are kept for good, one for each worker thread, and looked at before each
        # request, so one that was lost meanwhile costs no customer an error.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 3},
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.sessions", "shop"]

# There is no CsrfViewMiddleware: the form is posted by tills and apps, which never loaded a page
# that could have given them a token.
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",  # sets Content-Length
    "django.contrib.sessions.middleware.SessionMiddleware",
]
ROOT_URLCONF = "shop.urls"
APPEND_SLASH = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20
USE_TZ = True
USE_I18N = False

# A fixed key keeps runs comparable. A real shop would be given a secret one.
SECRET_KEY = "coupon demonstration key"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Refused requests are no news, and shop/errors.py tells of the failed ones in one line each.
        "django.request": {"level": "CRITICAL"},
        "django.security": {"level": "CRITICAL"},
        # A queue in front of four workers is no news either.
        "waitress.queue": {"level": "CRITICAL"},
    },
}

"""What can go wrong behind the service."""


class StoreAway(Exception):
    """A store could not be reached or did not do what it was told; the text says which."""

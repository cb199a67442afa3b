"""Paying for an order, in two ways. README.md tells how they differ."""

from payments_client import PaymentsUnavailable
from web import Refusal

# A charge whose answer was lost is asked for again, with the same key.
CHARGE_TRIES_MAX = 3


def pay_wide(database, payments, order):
    """One transaction from the first look at the order to the last word of the payments service."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT account, amount, status FROM orders WHERE id = %s FOR UPDATE", (order,)
        ).fetchone()
        if found is None:
            raise Refusal(404, "no such order")
        account, amount, status = found
        if status != "open":
            raise Refusal(409, "the order is not open")

        # The order stays locked for as long as another team's service takes to answer. And when
        # the transaction fails after this, the charge stands: a rollback does not reach it.
        try:
            charged = payments.charge(order, amount)
        except PaymentsUnavailable as error:
            raise Refusal(502, f"payments is not reachable: {error}") from error
        if charged not in (200, 201):
            raise Refusal(502, f"payments answered with {charged}")

        # Here it holds the order and wants the account. A closing does it the other way round.
        connection.execute("UPDATE accounts SET spent = spent + %s WHERE id = %s", (amount, account))
        connection.execute("UPDATE orders SET status = 'paid' WHERE id = %s", (order,))


def pay_narrow(database, payments, order):
    """Claims the order, charges outside any transaction, and then books."""
    account, amount = _claim(database, order)
    charged = _charge_once(payments, order, amount)
    if charged not in (200, 201):
        _give_up_claim(database, order)
        raise Refusal(502, f"payments answered with {charged}")
    # The account before the order, as a closing does.
    with database.transaction() as connection:
        connection.execute("UPDATE accounts SET spent = spent + %s WHERE id = %s", (amount, account))
        connection.execute(
            "UPDATE orders SET status = 'paid' WHERE id = %s AND status = 'paying'", (order,)
        )


def _claim(database, order):
    """Makes an open order `paying`, in one statement: of several requests one gets it."""
    with database.connection() as connection:
        claimed = connection.execute(
            "UPDATE orders SET status = 'paying' WHERE id = %s AND status = 'open'"
            " RETURNING account, amount",
            (order,),
        ).fetchone()
        if claimed is not None:
            return claimed
        # Orders are never removed, so what this finds was there a moment ago, too.
        if connection.execute("SELECT 1 FROM orders WHERE id = %s", (order,)).fetchone() is None:
            raise Refusal(404, "no such order")
        raise Refusal(409, "the order is not open")


def _charge_once(payments, order, amount):
    tries = 0
    while True:
        tries += 1
        try:
            return payments.charge(order, amount, key=f"order-{order}")
        except PaymentsUnavailable as error:
            if tries == CHARGE_TRIES_MAX:
                # Nobody knows whether it was charged, so the claim is kept: see README.md.
                raise Refusal(502, f"payments is not reachable: {error}") from error


def _give_up_claim(database, order):
    with database.connection() as connection:
        connection.execute(
            "UPDATE orders SET status = 'open' WHERE id = %s AND status = 'paying'", (order,)
        )

"""Closing an account. The same in all variants."""

from web import Refusal


def close(database, account):
    """Cancels what is open, leaves what is paid, and closes. Returns the orders cancelled."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT status FROM accounts WHERE id = %s FOR UPDATE", (account,)
        ).fetchone()
        if found is None:
            raise Refusal(404, "no such account")
        if found[0] != "active":
            raise Refusal(409, "the account is closed")
        orders = connection.execute(
            "SELECT id, status FROM orders WHERE account = %s ORDER BY id FOR UPDATE", (account,)
        ).fetchall()
        if any(status == "paying" for _, status in orders):
            raise Refusal(409, "an order is being paid")
        connection.execute(
            "UPDATE orders SET status = 'cancelled' WHERE account = %s AND status = 'open'",
            (account,),
        )
        connection.execute("UPDATE accounts SET status = 'closed' WHERE id = %s", (account,))
        return [order for order, status in orders if status == "open"]

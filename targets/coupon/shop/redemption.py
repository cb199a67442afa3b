"""Redeeming a voucher: the one thing of this shop that must not happen twice."""

from django.conf import settings
from django.db import transaction

from shop.models import AuditEntry, Customer, Redemption, Voucher


def redeem(code, customer):
    """Credits the voucher to the customer. Returns why not, or None when it is done."""
    with transaction.atomic():
        try:
            refusal = _redeem_locked(code, customer) if settings.VARIANT == "fixed" else _redeem(code, customer)
        except Voucher.DoesNotExist:
            refusal = "unknown"
        with transaction.atomic():
            AuditEntry.objects.create(action=refusal or "redeemed", customer=customer.name, code=code)
    return refusal


def _redeem(code, customer):
    voucher = Voucher.objects.get(code=code)
    if voucher.used_by_id is not None:
        return "used"
    # Too late: the decision above was made from a row that nobody had locked, and what this
    # lock would show is thrown away. Another request may have used the voucher in between.
    Voucher.objects.select_for_update().get(pk=voucher.pk)
    _credit(voucher, customer)
    return None


def _redeem_locked(code, customer):
    # The row that decides is the row that is locked: who comes second waits here until the
    # first has committed, and then reads what it wrote.
    voucher = Voucher.objects.select_for_update().get(code=code)
    if voucher.used_by_id is not None:
        return "used"
    _credit(voucher, customer)
    return None


def _credit(voucher, customer):
    """Uses the voucher up. Vouchers are locked before customers, everywhere, so nobody waits in a circle."""
    account = Customer.objects.select_for_update().get(pk=customer.pk)
    with transaction.atomic():
        voucher.used_by = account
        voucher.save()
        Redemption.objects.create(voucher=voucher, customer=account, amount=voucher.amount)
    with transaction.atomic():
        account.balance += voucher.amount
        account.save(update_fields=["balance"])

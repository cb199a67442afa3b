"""The requests of the shop."""

from urllib.parse import urlencode

from django import forms
from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from shop import page
from shop.models import AuditEntry, Voucher
from shop.redemption import redeem


class RedeemForm(forms.Form):
    code = forms.SlugField(max_length=40)
    customer = forms.SlugField(max_length=40)


def text(words, status=200):
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")


@require_POST
def redeem_voucher(request):
    """Sends the browser to a page that tells what came of it: 302 whatever that is."""
    form = RedeemForm(request.POST)
    if not form.is_valid():
        return text("the form needs a code and a customer", 400)
    code, name = form.cleaned_data["code"], form.cleaned_data["customer"]

    attempts = request.session.get("attempts", 0)
    settings, menu = page.surroundings()
    customer, rights = page.greet(name, menu)
    if customer is None:
        return refused("customer")
    page.count_visit(customer)
    page.cart_total(customer)
    if "redeem" not in rights or settings["vouchers_open"] != "yes":
        return refused("closed")
    AuditEntry.objects.create(action="tried", customer=name, code=code)
    refusal = redeem(code, customer)
    request.session["attempts"] = attempts + 1
    if refusal is not None:
        return refused(refusal)
    return HttpResponseRedirect("/redeemed?" + urlencode({"code": code}))


def refused(reason):
    return HttpResponseRedirect("/refused?" + urlencode({"reason": reason}))


@require_GET
def show_voucher(request, code):
    """Only reads. One statement reads the voucher and who used it, so the two can't disagree."""
    page.surroundings()
    voucher = Voucher.objects.filter(code=code).select_related("used_by").first()
    if voucher is None:
        return JsonResponse({"error": "no such voucher"}, status=404)
    used_by = voucher.used_by.name if voucher.used_by else None
    return JsonResponse({"code": voucher.code, "amount": voucher.amount, "used_by": used_by})


@require_GET
def show_redeemed(request):
    return text("The voucher was credited to your balance.")


@require_GET
def show_refused(request):
    return text("The voucher could not be redeemed.")


@require_GET
def health(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return text("ok")

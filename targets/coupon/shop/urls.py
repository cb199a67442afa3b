"""Which path is served by what."""

from django.urls import path

from shop import views

urlpatterns = [
    path("redeem", views.redeem_voucher),
    path("redeemed", views.show_redeemed),
    path("refused", views.show_refused),
    path("vouchers/<slug:code>", views.show_voucher),
    path("healthz", views.health),
]

handler400 = "shop.errors.bad_request"
handler404 = "shop.errors.not_found"
handler500 = "shop.errors.server_error"

"""What surrounds every answer of the shop: settings, flags, menu, the customer's rights and cart.

Each piece asks the database by itself and row by row, as pages do that grew over years.
"""

from django.db.models import F

from shop.models import Cart, Customer, FeatureFlag, MenuEntry, SiteSetting, Visit

SETTINGS = (
    "name", "currency", "time_zone", "language", "theme",
    "support_address", "banner", "vouchers_open", "cart_limit", "privacy_version",
)
FLAGS = (
    "new_checkout", "gift_cards", "wish_list", "recommendations",
    "reviews", "chat", "loyalty", "express_delivery",
)
RIGHTS = ("browse", "buy", "redeem", "review", "subscribe", "recommend")


def surroundings():
    """What every page has, whoever looks at it."""
    settings = {name: SiteSetting.objects.get(name=name).value for name in SETTINGS}
    flags = {}
    for name in FLAGS:
        flag, _ = FeatureFlag.objects.get_or_create(name=name, defaults={"enabled": False})
        flags[name] = flag.enabled
    menu = [
        (entry, list(entry.entries.order_by("position")))
        for entry in MenuEntry.objects.filter(parent=None).order_by("position")
    ]
    return settings, flags, menu


def greet(name, menu):
    """The customer of this name, or None, and the codes of what they may do."""
    customer = Customer.objects.filter(name=name).first()
    if customer is None:
        return None, set()
    permissions = customer.role.permissions
    rights = {right for right in RIGHTS if permissions.filter(code=right).exists()}
    for entry, _ in menu:
        entry.visible = permissions.filter(code=entry.permission).exists()
    return customer, rights


def count_visit(customer):
    """Counts this request. The database adds, so two at once are counted as two."""
    visit, _ = Visit.objects.get_or_create(customer=customer, defaults={"requests": 0})
    Visit.objects.filter(pk=visit.pk).update(requests=F("requests") + 1)


def cart_total(customer):
    """What the customer's cart is worth, for the corner of the page."""
    cart, _ = Cart.objects.get_or_create(customer=customer)
    return sum(item.quantity * item.product.price for item in cart.items.order_by("pk"))

"""What surrounds every answer of the shop: settings, flags, menu, the customer's rights and cart.

Each piece asks the database by itself and row by row, as pages do that grew over years.
"""

from django.db import connection
from django.db.models import F

from shop.models import Cart, Customer, FeatureFlag, MenuEntry, Visit

SETTINGS = (
    "name", "currency", "time_zone", "language", "theme", "logo", "font", "support_address", "support_hours", "banner",
    "footer", "chat", "reviews", "gift_wrap", "vouchers_open", "cart_limit", "delivery_days", "terms_version", "privacy_version",
)
FLAGS = ("new_checkout", "gift_cards", "wish_list", "loyalty")
RIGHTS = ("browse", "buy", "redeem", "review", "subscribe", "recommend")


def surroundings():
    """The settings and the menu that every page has, whoever looks at it."""
    settings = {name: setting(name) for name in SETTINGS}
    for name in FLAGS:
        flag, _ = FeatureFlag.objects.get_or_create(name=name, defaults={"enabled": False})
        settings[name] = flag.enabled
    menu = list(MenuEntry.objects.filter(parent=None).order_by("position"))
    for entry in menu:
        entry.below = list(entry.entries.order_by("position"))
    return settings, menu


def setting(name):
    """One setting's value. This function and the next are older than the models."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM shop_sitesetting WHERE name = %s", [name])
        return cursor.fetchone()[0]


def may(role, permission):
    """Whether customers of this role may do this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM shop_permission WHERE role_id = %s AND code = %s", [role, permission])
        return cursor.fetchone() is not None


def greet(name, menu):
    """The customer of this name, or None, and what they may do."""
    try:
        customer = Customer.objects.get(name=name)
    except Customer.DoesNotExist:
        return None, set()
    for entry in menu:
        entry.visible = may(customer.role_id, entry.permission)
    return customer, {right for right in RIGHTS if may(customer.role_id, right)}


def count_visit(customer):
    """Counts this request. The database adds, so two at once are counted as two."""
    Visit.objects.get_or_create(customer=customer, defaults={"requests": 0})
    Visit.objects.filter(customer=customer).update(requests=F("requests") + 1)


def cart_total(customer):
    """What the customer's cart is worth, for the corner of the page."""
    cart, _ = Cart.objects.get_or_create(customer=customer)
    return sum(item.quantity * item.product.price for item in cart.items.order_by("pk"))

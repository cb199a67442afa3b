"""The tables of the shop. schema.sql makes them; there are no migrations."""

from django.db import models


class SiteSetting(models.Model):
    name = models.CharField(max_length=40, unique=True)
    value = models.CharField(max_length=200)


class FeatureFlag(models.Model):
    name = models.CharField(max_length=40, unique=True)
    enabled = models.BooleanField()


class MenuEntry(models.Model):
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="entries")
    position = models.IntegerField()
    label = models.CharField(max_length=40)
    permission = models.CharField(max_length=40)


class Role(models.Model):
    name = models.CharField(max_length=40, unique=True)


class Permission(models.Model):
    role = models.ForeignKey(Role, models.CASCADE, related_name="permissions")
    code = models.CharField(max_length=40)


class Customer(models.Model):
    name = models.CharField(max_length=40, unique=True)
    role = models.ForeignKey(Role, models.PROTECT)
    balance = models.IntegerField()


class Visit(models.Model):
    """How many requests a customer has made."""

    customer = models.OneToOneField(Customer, models.CASCADE)
    requests = models.IntegerField()


class Product(models.Model):
    name = models.CharField(max_length=40)
    price = models.IntegerField()


class Cart(models.Model):
    customer = models.OneToOneField(Customer, models.CASCADE)


class CartItem(models.Model):
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.IntegerField()


class Voucher(models.Model):
    """Worth an amount to one customer, once."""

    code = models.CharField(max_length=40, unique=True)
    amount = models.IntegerField()
    used_by = models.ForeignKey(Customer, models.PROTECT, null=True)


class Redemption(models.Model):
    """The books: who was credited what for which voucher."""

    voucher = models.ForeignKey(Voucher, models.PROTECT)
    customer = models.ForeignKey(Customer, models.PROTECT)
    amount = models.IntegerField()
    made_at = models.DateTimeField(auto_now_add=True)


class AuditEntry(models.Model):
    """What was tried and what came of it, in words: it must survive what it speaks of."""

    action = models.CharField(max_length=40)
    customer = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    made_at = models.DateTimeField(auto_now_add=True)

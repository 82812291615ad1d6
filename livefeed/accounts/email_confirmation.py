"""Links from mails that confirm an address, and with it activate an account."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from allauth.account import app_settings
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import signing


class LinkState(StrEnum):
    """What has become of a link."""

    FRESH = "fresh"
    USED = "used"
    TAKEN = "taken"  # another account has confirmed the address
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # it is not whole or none of ours, or the address was given up


@dataclass(frozen=True)
class ConfirmationLink:
    """A link as it stands now, and the address that it confirms, if it is one of ours."""

    state: LinkState
    address: EmailAddress | None = None

    @classmethod
    def of(cls, key: str) -> Self:
        address = _address_in(key)
        if address is None:
            return cls(LinkState.UNKNOWN)
        if address.verified:
            return cls(LinkState.USED, address)
        if EmailConfirmationHMAC.from_key(key) is None:
            return cls(LinkState.EXPIRED, address)
        return cls(LinkState.FRESH if address.can_set_verified() else LinkState.TAKEN, address)

    @classmethod
    def locked(cls, key: str) -> Self:
        """The same, in a transaction; nobody else uses it before that ends."""
        if address := _address_in(key):
            EmailAddress.objects.select_for_update(no_key=True).get(pk=address.pk)
        return cls.of(key)


def _address_in(key: str) -> EmailAddress | None:
    """The address that a link of ours was made for, however old it is."""
    try:
        pk = signing.loads(key, salt=app_settings.SALT)
    except signing.BadSignature:
        return None
    address: EmailAddress | None = EmailAddress.objects.filter(pk=pk).select_related("user").first()
    return address

"""Links in emails that confirm an address and thereby activate an account."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from allauth.account import app_settings
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import signing

from livefeed.models import User


class LinkState(StrEnum):
    """State of a confirmation link."""

    FRESH = "fresh"
    USED = "used"
    TAKEN = "taken"  # another account has confirmed the address
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # incomplete, forged, or the address was removed from the account


@dataclass(frozen=True)
class ConfirmationLink:
    """State of a link, and the address it confirms if the link is genuine."""

    state: LinkState
    address: EmailAddress | None = None

    @classmethod
    def of(cls, key: str) -> Self:
        """Returns the link with this key."""
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
        """Returns the link and locks its address until the transaction ends, so that a link is used only once."""
        if address := _address_in(key):
            EmailAddress.objects.select_for_update(no_key=True).get(pk=address.pk)
        return cls.of(key)


def _address_in(key: str) -> EmailAddress | None:
    """Returns the address a genuine link was made for, even if the link has expired."""
    try:
        pk = signing.loads(key, salt=app_settings.SALT)
    except signing.BadSignature:
        return None
    address: EmailAddress | None = EmailAddress.objects.filter(pk=pk).select_related("user").first()
    return address


def activate_confirmed(user: User) -> None:
    """Activates a new user whose address an OpenID Connect provider has confirmed already."""
    if EmailAddress.objects.filter(user=user, verified=True).exists():
        user.activate()

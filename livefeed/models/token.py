"""Keys for programs."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import ClassVar

from django.db import models, transaction

from livefeed.models.user import User

PREFIX = "lf_"
"""Lets a leaked token be recognised for what it is."""


class TokenManager(models.Manager["Token"]):
    """Makes tokens and finds them."""

    def issue(self, user: User, label: str = "") -> tuple["Token", str]:
        """Makes a token for programs that act as `user`; returns it and its text, which is never seen again."""
        text = PREFIX + secrets.token_urlsafe(32)
        return self.create(user=user, label=label, digest=digest(text)), text

    def by_texts(self, texts: Iterable[str]) -> dict[str, "Token"]:
        """The valid tokens with these texts, with their users, by text."""
        by_digest = {digest(text): text for text in texts}
        return {by_digest[token.digest]: token for token in self._valid().filter(digest__in=by_digest)}

    def by_ids(self, ids: Iterable[int]) -> dict[int, "Token"]:
        """The valid ones among these, by id."""
        return {token.pk: token for token in self._valid().filter(pk__in=ids)}

    def _valid(self) -> models.QuerySet["Token"]:
        return self.select_related("user").filter(user__is_active=True)


class Token(models.Model):
    """Lets a program open sockets as a person. Only a hash of it is kept; a random text of 256 bits needs no slow one.
    It is revoked by deleting it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TokenManager] = TokenManager()

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user_id} {self.label}".rstrip()

    def revoke(self) -> None:
        """Ends it; sockets opened with it are closed at once."""
        with transaction.atomic():
            self.delete()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

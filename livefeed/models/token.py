"""Access tokens for programs."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import ClassVar

from django.db import models, transaction

from livefeed.models.user import User

PREFIX = "lf_"
"""Start of every token, so that scanners recognise a leaked one."""


class TokenManager(models.Manager["Token"]):
    """Issues tokens and looks them up in batches."""

    def issue(self, user: User, label: str = "") -> tuple["Token", str]:
        """Creates a token for programs that act as `user`. Returns it and its text, which is not stored."""
        text = PREFIX + secrets.token_urlsafe(32)
        return self.create(user=user, label=label, digest=digest(text)), text

    def by_texts(self, texts: Iterable[str]) -> dict[str, "Token"]:
        """Returns the valid tokens with these texts, with their users, by text."""
        by_digest = {digest(text): text for text in texts}
        return {by_digest[token.digest]: token for token in self._valid().filter(digest__in=by_digest)}

    def by_ids(self, ids: Iterable[int]) -> dict[int, "Token"]:
        """Returns the valid tokens with these ids, with their users, by id."""
        return {token.pk: token for token in self._valid().filter(pk__in=ids)}

    def _valid(self) -> models.QuerySet["Token"]:
        return self.select_related("user").filter(user__is_active=True)


class Token(models.Model):
    """Allows a program to open sockets as a user. Only a SHA-256 hash is stored: a random text of 256 bits needs no
    slow hash. Deleting the row revokes the token."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[TokenManager] = TokenManager()

    def __str__(self) -> str:
        return f"token {self.pk} of {self.user_id} {self.label}".rstrip()

    def revoke(self) -> None:
        """Deletes the token; sockets opened with it are closed at once."""
        with transaction.atomic():
            self.delete()


def digest(text: str) -> str:
    """Returns the hash of a token as stored, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()

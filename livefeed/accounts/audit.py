"""Audit log of accounts: an entry in the same transaction as the change and, after the commit, the same in the log.

The receivers in `livefeed.signals.receivers` call these functions.
"""

import json
import logging
from collections.abc import Collection
from functools import partial
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.auth.models import Group, Permission
from django.db import models, transaction
from django.http import HttpRequest

from livefeed.accounts.current_actor import Actor, client_address, current_actor
from livefeed.accounts.logins import user_for_login
from livefeed.models import AuditEntry, Post, Token, User
from livefeed.models.audit import REDACTED_SENTENCES
from livefeed.signals.cascades import is_part_of

logger = logging.getLogger("livefeed.audit")

Kind = AuditEntry.Kind
STEP_NAMES = {Authenticator.Type.TOTP: "authenticator app", Authenticator.Type.RECOVERY_CODES: "recovery codes"}
RIGHTS_FIELDS = {Group: "groups", Permission: "permissions"}


def user_saved(user: User, *, created: bool) -> None:
    """Records a new account, or the fields that a save changes."""
    if created:
        record(Kind.CREATED, user, current_actor())
    elif (changes := user.saved_changes) and not _is_rehash(user, changes):
        public = {name: _public_values(name, *values) for name, values in changes.items()}
        record(Kind.CHANGED, user, current_actor(), public)


def user_deleted(user: User) -> None:
    """Records the deletion of an account; the entry remains."""
    record(Kind.DELETED, user, current_actor())


def rights_change(
    instance: models.Model, action: str, model: type[models.Model], *, reverse: bool, ids: Collection[int] | None
) -> None:
    """Records groups and permissions that users gain and lose. The arguments are those of `m2m_changed`: `ids` is None
    when a relation is cleared, and `instance` is the user or, with `reverse`, the group or permission."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    gained = action == "post_add"
    if not reverse and isinstance(instance, User):
        if ids is None:
            held = instance.groups if model is Group else instance.user_permissions
            ids = held.values_list("pk", flat=True)
        _rights_changed(instance, model, gained, ids)
    elif isinstance(instance, Group | Permission):
        users = instance.user_set.all() if ids is None else User.objects.filter(pk__in=ids)
        for user in users:
            _rights_changed(user, type(instance), gained, [instance.pk])


def _rights_changed(user: User, rights: type[models.Model], gained: bool, ids: Collection[int]) -> None:
    if ids:
        names = ", ".join(sorted(str(right) for right in rights._default_manager.filter(pk__in=ids)))
        changes = {RIGHTS_FIELDS[rights]: ["", names] if gained else [names, ""]}
        record(Kind.CHANGED, user, current_actor(), changes)


def group_deleted(group: Group) -> None:
    """Records for each member of a group the loss of its rights."""
    for user in group.user_set.order_by("pk"):
        _rights_changed(user, Group, False, [group.pk])


def token_issued(token: Token) -> None:
    """Records that a user received a token; never the token itself."""
    record(Kind.CHANGED, token.user, current_actor(), {"tokens": ["", _token_name(token)]})


def token_revoked(token: Token, origin: Any) -> None:
    """Records the end of a token, except where `origin` shows that its user is deleted: that has its own entry."""
    if not is_part_of(origin, User):
        record(Kind.CHANGED, token.user, current_actor(), {"tokens": [_token_name(token), ""]})


def post_opened(post: Post) -> None:
    """Records, for its author, that staff opened a post for followers in the admin."""
    record(Kind.POST_OPENED, post.author, current_actor(), {"post": ["", post.pk]})


def step_added(step: Authenticator) -> None:
    """Records a new second step of a user's sign-in; new recovery codes too."""
    record(Kind.CHANGED, step.user, current_actor(), {"steps": ["", _step_name(step)]})


def step_removed(step: Authenticator, origin: Any) -> None:
    """Records the end of a second step, except of recovery codes, which end with the last other step or are replaced,
    and where `origin` shows that its user is deleted."""
    if step.type != Authenticator.Type.RECOVERY_CODES and not is_part_of(origin, User):
        record(Kind.CHANGED, step.user, current_actor(), {"steps": [_step_name(step), ""]})


def recovery_code_used(user: User, request: HttpRequest) -> None:
    """Records that a recovery code was used in place of a second step."""
    record(Kind.CHANGED, user, Actor(user, client_address(request)), {"recovery_code": []})


def provider_connected(account: SocialAccount) -> None:
    """Records that a user can sign in with an account at the OpenID Connect provider."""
    record(Kind.CHANGED, account.user, current_actor(), {"providers": ["", account.provider]})


def provider_disconnected(account: SocialAccount, origin: Any) -> None:
    """Records that a user can no longer sign in with that account, except where its user is deleted."""
    if not is_part_of(origin, User):
        record(Kind.CHANGED, account.user, current_actor(), {"providers": [account.provider, ""]})


def second_step_failed(user: User, request: HttpRequest | None) -> None:
    """Records a wrong code after the right password; at most as many as other failed sign-ins."""
    _record_refused(user, Actor(None, client_address(request)))


def signed_in(user: User, request: HttpRequest | None) -> None:
    """Records a sign-in."""
    record(Kind.SIGNED_IN, user, Actor(user, client_address(request)))


def signed_out(user: User | None, request: HttpRequest | None) -> None:
    """Records a sign-out; `user` is None if the session had already expired."""
    if user is not None:
        record(Kind.SIGNED_OUT, user, Actor(user, client_address(request)))


def refused(credentials: dict[str, Any], request: HttpRequest | None) -> None:
    """Records a failed sign-in, without the text that was typed: it may be a password.

    An existing account gets a limited number of entries; beyond that, and for unknown names, only the log has a line.
    """
    _record_refused(user_for_login(credentials), Actor(None, client_address(request)))


def _record_refused(user: User | None, actor: Actor) -> None:
    if user is not None and AuditEntry.objects.has_room_for_refused(user):
        record(Kind.REFUSED, user, actor)
    else:
        _log_on_commit(AuditEntry(kind=Kind.REFUSED, user_id=user.pk if user else 0, address=actor.address))


def record(kind: Kind, user: User, actor: Actor, changes: dict[str, Any] | None = None) -> None:
    """Saves an entry, and writes the same to the log after the commit."""
    entry = AuditEntry(kind=kind, user_id=user.pk, username=user.username, address=actor.address, changes=changes or {})
    if actor.user is not None:
        entry.actor_id = actor.user.pk
        entry.actor = actor.user.username
        entry.by_staff = actor.user.is_staff
    entry.save()
    _log_on_commit(entry)


def _log_on_commit(entry: AuditEntry) -> None:
    """Writes an entry to the log after the commit; an error there does not affect the request."""
    transaction.on_commit(partial(_log, entry), robust=True)


def _log(entry: AuditEntry) -> None:
    """Writes an entry as one line of JSON. ASCII only, so that a name cannot contain line breaks or direction marks."""
    fields = {
        "event": entry.kind,
        "user": entry.user_id,
        "username": entry.username,
        "actor": entry.actor_id,
        "address": entry.address,
        "changes": entry.changes,
    }
    logger.info(json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=True))


def _is_rehash(user: User, changes: dict[str, tuple[Any, Any]]) -> bool:
    """True if Django only hashed the same password with a newer method, as at the first sign-in after an update.

    The user must not see an entry for a password change that did not happen.
    """
    if changes.keys() != {"password"} or getattr(user, "_password", None) is not None:
        return False
    newest = get_hasher()
    try:
        hasher = identify_hasher(changes["password"][0])
    except ValueError:  # the account had no usable password
        return False
    return hasher.algorithm != newest.algorithm or newest.must_update(changes["password"][0])


def _token_name(token: Token) -> str:
    return f"{token.pk} {token.label}".rstrip()


def _step_name(step: Authenticator) -> str:
    return step.wrap().name if step.type == Authenticator.Type.WEBAUTHN else STEP_NAMES[step.type]


def _public_values(name: str, before: Any, after: Any) -> list[Any]:
    """Returns a field's values before and after; none for secret fields."""
    return [] if name in REDACTED_SENTENCES else [before, after]

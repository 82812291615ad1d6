"""The audit log: an entry for what is done to an account, in the same transaction, and once that is committed a line in
the server's log that says the same."""

import json
import logging
from collections.abc import Collection
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.auth.models import Group, Permission
from django.db import models, transaction
from django.http import HttpRequest

from livefeed.accounts.current_actor import Actor, client_address, current_actor
from livefeed.models import AuditEntry, Token, User
from livefeed.models.audit import UNTOLD
from livefeed.signals.cascades import is_part_of

logger = logging.getLogger("livefeed.audit")

Kind = AuditEntry.Kind
NAMES = {Group: "groups", Permission: "permissions"}


def user_saved(user: User, *, created: bool) -> None:
    """Notes that somebody was made, or what a save changes of them."""
    if created:
        note(Kind.CREATED, user, current_actor())
    elif (changes := user.saved_changes) and not _is_kept_anew(user, changes):
        note(Kind.CHANGED, user, current_actor(), {name: _told(name, *values) for name, values in changes.items()})


def user_deleted(user: User) -> None:
    note(Kind.DELETED, user, current_actor())


def rights_change(
    instance: models.Model, action: str, model: type[models.Model], *, reverse: bool, ids: Collection[int] | None
) -> None:
    """Notes groups and permissions that are given to people and taken from them, by `m2m_changed` of either side."""
    if action in ("post_add", "post_remove", "pre_clear"):
        given = action == "post_add"
        if not reverse and isinstance(instance, User):
            held = instance.groups if model is Group else instance.user_permissions
            _rights_changed(instance, model, given, ids if ids is not None else held.values_list("pk", flat=True))
        elif isinstance(instance, Group | Permission):
            people = User.objects.filter(pk__in=ids) if ids is not None else instance.user_set.all()
            for user in people:
                _rights_changed(user, type(instance), given, [instance.pk])


def _rights_changed(user: User, rights: type[models.Model], given: bool, ids: Collection[int]) -> None:
    if ids:
        names = ", ".join(sorted(str(each) for each in rights._default_manager.filter(pk__in=ids)))
        changes = {NAMES[rights]: ["", names] if given else [names, ""]}
        note(Kind.CHANGED, user, current_actor(), changes)


def group_deleted(group: Group) -> None:
    """Notes what all its members lose."""
    for user in group.user_set.order_by("pk"):
        _rights_changed(user, Group, False, [group.pk])


def token_issued(token: Token) -> None:
    note(Kind.CHANGED, token.user, current_actor(), {"tokens": ["", _name_of(token)]})


def token_revoked(token: Token, origin: Any) -> None:
    """Notes the end of a token; nothing if its person is deleted (`origin`), and it with them."""
    if not is_part_of(origin, User):
        note(Kind.CHANGED, token.user, current_actor(), {"tokens": [_name_of(token), ""]})


def signed_in(user: User, request: HttpRequest | None) -> None:
    note(Kind.SIGNED_IN, user, Actor(user, client_address(request)))


def signed_out(user: User | None, request: HttpRequest | None) -> None:
    if user is not None:
        note(Kind.SIGNED_OUT, user, Actor(user, client_address(request)))


def refused(credentials: dict[str, Any], request: HttpRequest | None) -> None:
    """Notes that somebody tried to sign in and failed. What they typed is not kept: it may be a password. Of an account
    that is there some tries are kept, of others there is only the line."""
    by = Actor(None, client_address(request))
    user = _meant(credentials)
    if user is not None and AuditEntry.objects.has_room_for_refused(user):
        note(Kind.REFUSED, user, by)
    else:
        _log_at_commit(AuditEntry(kind=Kind.REFUSED, user_id=user.pk if user else 0, address=by.address))


def note(kind: Kind, user: User, by: Actor, changes: dict[str, Any] | None = None) -> None:
    """Writes an entry, and the line when that is committed."""
    entry = AuditEntry(kind=kind, user_id=user.pk, username=user.username, address=by.address, changes=changes or {})
    if by.user is not None:
        entry.actor_id, entry.actor, entry.by_staff = by.user.pk, by.user.username, by.user.is_staff
    entry.save()
    _log_at_commit(entry)


def _log_at_commit(entry: AuditEntry) -> None:
    """Writes the line; that this fails harms nobody."""
    transaction.on_commit(partial(_log, entry), robust=True)


def _log(entry: AuditEntry) -> None:
    told = {"event": entry.kind, "user": entry.user_id, "username": entry.username, "actor": entry.actor_id}
    told |= {"address": entry.address, "changes": entry.changes}
    logger.info(json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=True))


def _is_kept_anew(user: User, changes: dict[str, tuple[Any, Any]]) -> bool:
    """Whether the same password is only hashed by a newer method, as Django does at the first sign-in after an update:
    nobody must take that for somebody else's doing."""
    if changes.keys() != {"password"} or getattr(user, "_password", None) is not None:
        return False
    try:
        hasher, newest = identify_hasher(changes["password"][0]), get_hasher()
    except ValueError:  # there was none
        return False
    return hasher.algorithm != newest.algorithm or newest.must_update(changes["password"][0])


def _name_of(token: Token) -> str:
    return f"{token.pk} {token.label}".rstrip()


def _told(name: str, before: Any, after: Any) -> list[Any]:
    return [] if name in UNTOLD else [before, after]


def _meant(credentials: dict[str, Any]) -> User | None:
    """The account that a sign-in was meant for."""
    login = str(credentials.get("username") or credentials.get("email") or "")
    if "\0" in login:  # PostgreSQL takes no such text, not even to look for it
        return None
    found: User | None = None
    if "@" not in login:  # no user name has one
        found = User.objects.with_username(login).first()
    elif address := EmailAddress.objects.filter(email=login.lower()).order_by("-verified", "pk").first():
        found = address.user
    else:  # as of those who were made by a command, until they first sign in
        found = User.objects.filter(email__iexact=login).first()
    return found

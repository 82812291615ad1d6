"""What is done when somebody comes, changes or goes, and when what they are signed in with ends."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, user_signed_up
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.http import HttpRequest

from livefeed import signals, tasks
from livefeed.accounts import active_sessions, audit, last_admin
from livefeed.accounts.session_store import assign_sign_in
from livefeed.content import fragments
from livefeed.live import publishing
from livefeed.models import Export, Profile, Session, Token, User
from livefeed.signals import dispatch
from livefeed.signals.metrics import measured


def connect() -> None:
    post_save.connect(make_profile, sender=User, dispatch_uid="user.make_profile")
    post_save.connect(announce_change_of_user, sender=User, dispatch_uid="user.announce_change")
    post_save.connect(forget_card, sender=User, dispatch_uid="user.forget")
    post_delete.connect(forget_card, sender=User, dispatch_uid="user.forget_deleted")
    post_save.connect(forget_card, sender=Profile, dispatch_uid="profile.forget")
    post_save.connect(audit_user, sender=User, dispatch_uid="user.audit")
    post_delete.connect(audit_deletion, sender=User, dispatch_uid="user.audit_deletion")
    m2m_changed.connect(audit_rights, sender=User.groups.through, dispatch_uid="user.audit_groups")
    m2m_changed.connect(audit_rights, sender=User.user_permissions.through, dispatch_uid="user.audit_permissions")
    pre_delete.connect(audit_end_of_group, sender=Group, dispatch_uid="group.audit_deletion")
    post_save.connect(audit_token, sender=Token, dispatch_uid="token.audit")
    post_delete.connect(audit_revocation, sender=Token, dispatch_uid="token.audit_end")
    user_logged_in.connect(audit_sign_in, dispatch_uid="session.audit")
    user_logged_out.connect(audit_sign_out, dispatch_uid="session.audit_end")
    user_login_failed.connect(audit_refusal, dispatch_uid="session.audit_refusal")
    pre_save.connect(guard_change, sender=User, dispatch_uid="user.guard_change")
    pre_delete.connect(guard_deletion, sender=User, dispatch_uid="user.guard_deletion")
    user_signed_up.connect(tell_of_registration, dispatch_uid="user.tell_of_registration")
    signals.user_registered.connect(welcome, sender=User, dispatch_uid="user.welcome")
    email_confirmed.connect(activate, dispatch_uid="user.activate")
    post_save.connect(tell_of_activation, sender=User, dispatch_uid="user.tell_of_activation")
    user_logged_in.connect(number_session, dispatch_uid="session.number")
    user_logged_in.connect(note_place, dispatch_uid="session.note_place")
    post_delete.connect(delete_export, sender=Export, dispatch_uid="export.delete_file")
    post_delete.connect(announce_sign_out, sender=Session, dispatch_uid="session.announce_end")
    post_delete.connect(announce_revocation, sender=Token, dispatch_uid="token.announce_end")


@measured
def make_profile(instance: User, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        Profile.objects.create_for(instance)


@measured
def announce_change_of_user(instance: User, created: bool, raw: bool = False, **how: Any) -> None:
    if not raw and not created:
        publishing.user_changed(instance)


@measured
def forget_card(instance: User | Profile, raw: bool = False, **how: Any) -> None:
    if not raw:
        fragments.invalidate_card(instance.pk)


@measured
def guard_change(instance: User, raw: bool = False, **how: Any) -> None:
    if not raw:
        last_admin.check_save(instance)


@measured
def guard_deletion(instance: User, origin: Any = None, **how: Any) -> None:
    last_admin.check_delete(instance, origin)


@measured
def audit_user(instance: User, created: bool, raw: bool = False, **how: Any) -> None:
    if not raw:
        audit.user_saved(instance, created=created)


@measured
def audit_deletion(instance: User, **how: Any) -> None:
    audit.user_deleted(instance)


@measured
def audit_rights(
    instance: Any,
    action: str,
    reverse: bool,
    model: type[Any],
    pk_set: set[int] | None,
    raw: bool = False,
    **how: Any,
) -> None:
    if not raw:
        audit.rights_change(instance, action, model, reverse=reverse, ids=pk_set)


@measured
def audit_end_of_group(instance: Group, **how: Any) -> None:
    audit.group_deleted(instance)


@measured
def audit_token(instance: Token, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        audit.token_issued(instance)


@measured
def audit_revocation(instance: Token, origin: Any = None, **how: Any) -> None:
    audit.token_revoked(instance, origin)


@measured
def audit_sign_in(user: User, request: HttpRequest, **how: Any) -> None:
    audit.signed_in(user, request)


@measured
def audit_sign_out(user: User | None, request: HttpRequest, **how: Any) -> None:
    audit.signed_out(user, request)


@measured
def audit_refusal(credentials: dict[str, Any], request: HttpRequest | None = None, **how: Any) -> None:
    audit.refused(credentials, request)


@measured
def tell_of_registration(user: User, **how: Any) -> None:
    dispatch.registered(user)


@measured
async def welcome(user: User, **how: Any) -> None:
    await tasks.send_welcome.aenqueue(user.pk)


@measured
def activate(email_address: EmailAddress, **how: Any) -> None:
    email_address.user.activate()


@measured
def tell_of_activation(
    instance: User, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **how: Any
) -> None:
    if not raw and not created and instance.activated_at and "activated_at" in (update_fields or ()):
        dispatch.activated(instance)


@measured
def number_session(request: HttpRequest, **how: Any) -> None:
    assign_sign_in(request.session)


@measured
def note_place(request: HttpRequest, **how: Any) -> None:
    active_sessions.record_sign_in(request.session, request)


@measured
def delete_export(instance: Export, **how: Any) -> None:
    instance.delete_file()


@measured
def announce_sign_out(instance: Session, **how: Any) -> None:
    publishing.sign_in_ended(instance)


@measured
def announce_revocation(instance: Token, **how: Any) -> None:
    publishing.token_revoked(instance)

"""Receivers for users, groups, sessions, tokens and exports, and for sign-ins and sign-ups."""

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
from livefeed.live import users
from livefeed.models import Export, Profile, Session, Token, User
from livefeed.signals import dispatch
from livefeed.signals.metrics import measured


def connect() -> None:
    post_save.connect(create_profile, sender=User, dispatch_uid="user.create_profile")
    post_save.connect(write_user_events, sender=User, dispatch_uid="user.write_events")
    post_save.connect(invalidate_card, sender=User, dispatch_uid="user.invalidate_card")
    post_delete.connect(invalidate_card, sender=User, dispatch_uid="user.invalidate_deleted_card")
    post_save.connect(invalidate_card, sender=Profile, dispatch_uid="profile.invalidate_card")
    post_save.connect(audit_save, sender=User, dispatch_uid="user.audit_save")
    post_delete.connect(audit_deletion, sender=User, dispatch_uid="user.audit_deletion")
    m2m_changed.connect(audit_rights, sender=User.groups.through, dispatch_uid="user.audit_groups")
    m2m_changed.connect(audit_rights, sender=User.user_permissions.through, dispatch_uid="user.audit_permissions")
    pre_delete.connect(audit_group_deletion, sender=Group, dispatch_uid="group.audit_deletion")
    post_save.connect(audit_token, sender=Token, dispatch_uid="token.audit")
    post_delete.connect(audit_revocation, sender=Token, dispatch_uid="token.audit_revocation")
    user_logged_in.connect(audit_sign_in, dispatch_uid="session.audit_sign_in")
    user_logged_out.connect(audit_sign_out, dispatch_uid="session.audit_sign_out")
    user_logged_out.connect(mark_sign_out, dispatch_uid="session.mark_sign_out")
    user_login_failed.connect(audit_failed_sign_in, dispatch_uid="session.audit_failed_sign_in")
    pre_save.connect(check_last_admin_before_save, sender=User, dispatch_uid="user.check_last_admin_before_save")
    pre_delete.connect(check_last_admin_before_delete, sender=User, dispatch_uid="user.check_last_admin_before_delete")
    user_signed_up.connect(send_registration_signal, dispatch_uid="user.send_registration_signal")
    signals.user_registered.connect(enqueue_welcome_mail, sender=User, dispatch_uid="user.enqueue_welcome_mail")
    email_confirmed.connect(activate_user, dispatch_uid="user.activate")
    post_save.connect(send_activation_signal, sender=User, dispatch_uid="user.send_activation_signal")
    user_logged_in.connect(assign_sign_in_number, dispatch_uid="session.assign_sign_in_number")
    user_logged_in.connect(record_sign_in_details, dispatch_uid="session.record_sign_in_details")
    post_delete.connect(delete_export_file, sender=Export, dispatch_uid="export.delete_file")
    post_delete.connect(write_sign_out_event, sender=Session, dispatch_uid="session.write_sign_out_event")
    post_delete.connect(write_revocation_event, sender=Token, dispatch_uid="token.write_revocation_event")


@measured
def create_profile(instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        Profile.objects.create_for(instance)


@measured
def write_user_events(instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if not raw and not created:
        users.user_changed(instance)


@measured
def invalidate_card(instance: User | Profile, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        fragments.invalidate_card(instance.pk)


@measured
def check_last_admin_before_save(instance: User, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        last_admin.check_save(instance)


@measured
def check_last_admin_before_delete(instance: User, origin: Any = None, **kwargs: Any) -> None:
    last_admin.check_delete(instance, origin)


@measured
def audit_save(instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        audit.user_saved(instance, created=created)


@measured
def audit_deletion(instance: User, **kwargs: Any) -> None:
    audit.user_deleted(instance)


@measured
def audit_rights(
    instance: Any,
    action: str,
    reverse: bool,
    model: type[Any],
    pk_set: set[int] | None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    if not raw:
        audit.rights_change(instance, action, model, reverse=reverse, ids=pk_set)


@measured
def audit_group_deletion(instance: Group, **kwargs: Any) -> None:
    audit.group_deleted(instance)


@measured
def audit_token(instance: Token, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        audit.token_issued(instance)


@measured
def audit_revocation(instance: Token, origin: Any = None, **kwargs: Any) -> None:
    audit.token_revoked(instance, origin)


@measured
def audit_sign_in(user: User, request: HttpRequest, **kwargs: Any) -> None:
    audit.signed_in(user, request)


@measured
def audit_sign_out(user: User | None, request: HttpRequest, **kwargs: Any) -> None:
    audit.signed_out(user, request)


@measured
def mark_sign_out(request: HttpRequest, **kwargs: Any) -> None:
    active_sessions.mark_sign_out(request)


@measured
def audit_failed_sign_in(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    audit.refused(credentials, request)


@measured
def send_registration_signal(user: User, **kwargs: Any) -> None:
    dispatch.user_registered(user)


@measured
async def enqueue_welcome_mail(user: User, **kwargs: Any) -> None:
    await tasks.send_welcome.aenqueue(user.pk)


@measured
def activate_user(email_address: EmailAddress, **kwargs: Any) -> None:
    email_address.user.activate()


@measured
def send_activation_signal(
    instance: User, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **kwargs: Any
) -> None:
    if not raw and not created and instance.activated_at and "activated_at" in (update_fields or ()):
        dispatch.user_activated(instance)


@measured
def assign_sign_in_number(request: HttpRequest, **kwargs: Any) -> None:
    assign_sign_in(request.session)


@measured
def record_sign_in_details(request: HttpRequest, **kwargs: Any) -> None:
    active_sessions.record_sign_in(request.session, request)


@measured
def delete_export_file(instance: Export, **kwargs: Any) -> None:
    instance.delete_file()


@measured
def write_sign_out_event(instance: Session, **kwargs: Any) -> None:
    users.sign_in_ended(instance)


@measured
def write_revocation_event(instance: Token, **kwargs: Any) -> None:
    users.token_revoked(instance)

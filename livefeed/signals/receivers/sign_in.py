"""Receivers for second steps and for accounts at the OpenID Connect provider."""

from typing import Any

from allauth.account.signals import user_signed_up
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_used
from allauth.socialaccount.models import SocialAccount
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from livefeed.accounts import audit, email_confirmation
from livefeed.models import User
from livefeed.signals.metrics import measured


def connect() -> None:
    post_save.connect(audit_step, sender=Authenticator, dispatch_uid="step.audit")
    post_delete.connect(audit_step_removal, sender=Authenticator, dispatch_uid="step.audit_removal")
    authenticator_used.connect(audit_recovery_code, dispatch_uid="step.audit_recovery_code")
    authentication_failed.connect(audit_failed_step, dispatch_uid="step.audit_failure")
    post_save.connect(audit_provider, sender=SocialAccount, dispatch_uid="provider.audit")
    post_delete.connect(audit_provider_removal, sender=SocialAccount, dispatch_uid="provider.audit_removal")
    user_signed_up.connect(activate_confirmed_user, dispatch_uid="user.activate_confirmed")


@measured
def audit_step(instance: Authenticator, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        audit.step_added(instance)


@measured
def audit_step_removal(instance: Authenticator, origin: Any = None, **kwargs: Any) -> None:
    audit.step_removed(instance, origin)


@measured
def audit_recovery_code(user: User, authenticator: Authenticator, request: HttpRequest, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        audit.recovery_code_used(user, request)


@measured
def audit_failed_step(user: User, request: HttpRequest, **kwargs: Any) -> None:
    audit.second_step_failed(user, request)


@measured
def audit_provider(instance: SocialAccount, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        audit.provider_connected(instance)


@measured
def audit_provider_removal(instance: SocialAccount, origin: Any = None, **kwargs: Any) -> None:
    audit.provider_disconnected(instance, origin)


@measured
def activate_confirmed_user(user: User, **kwargs: Any) -> None:
    email_confirmation.activate_confirmed(user)

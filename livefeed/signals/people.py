"""What is done when somebody comes, changes or goes, and when what they are signed in with ends."""

from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from livefeed import events, public
from livefeed.models import Profile, Session, Token, User
from livefeed.sessions import number_sign_in
from livefeed.watching import watched


def connect() -> None:
    post_save.connect(make_profile, sender=User, dispatch_uid="user.make_profile")
    post_save.connect(announce_change_of_user, sender=User, dispatch_uid="user.announce_change")
    user_signed_up.connect(tell_of_registration, dispatch_uid="user.tell_of_registration")
    user_logged_in.connect(number_session, dispatch_uid="session.number")
    post_delete.connect(announce_sign_out, sender=Session, dispatch_uid="session.announce_end")
    post_delete.connect(announce_revocation, sender=Token, dispatch_uid="token.announce_end")


@watched
def make_profile(instance: User, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        Profile.objects.begin(instance)


@watched
def announce_change_of_user(instance: User, created: bool, raw: bool = False, **how: Any) -> None:
    if not raw and not created:
        events.user_changed(instance)


@watched
def tell_of_registration(user: User, **how: Any) -> None:
    public.registered(user)


@watched
def number_session(request: HttpRequest, **how: Any) -> None:
    number_sign_in(request.session)


@watched
def announce_sign_out(instance: Session, **how: Any) -> None:
    events.sign_in_ended(instance)


@watched
def announce_revocation(instance: Token, **how: Any) -> None:
    events.token_revoked(instance)

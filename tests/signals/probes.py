"""A probe for each receiver: checks its effect, and raises `AssertionError` if the receiver is not connected.

Probes run in a transaction that is rolled back; `committed()` runs the on-commit hooks of a block.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.signals import user_signed_up
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.dispatch import Signal
from django.test import Client, TestCase

from links.models import Link
from livefeed import signals
from livefeed.accounts.last_admin import LastAdministratorError, administrators
from livefeed.content.fragments import render_card, render_post
from livefeed.models import (
    AuditEntry,
    Dismissal,
    Event,
    Export,
    Like,
    Notification,
    Picture,
    Post,
    Profile,
    Session,
    Token,
    User,
)
from tests import image_files
from tests.factories import PASSWORD, Cast, make_announcement, make_poll, make_post, make_user, signed_in
from tests.views.accounts import sign_in as enter_password
from tests.views.html import Page
from tests.views.second_steps import enter, make_protected_user, recovery_codes_of, wrong_code

Probe = Callable[[Cast], None]


@contextmanager
def committed() -> Iterator[None]:
    """Runs the on-commit hooks of the block at its end."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


@contextmanager
def sent_once(signal: Signal) -> Iterator[None]:
    """Asserts that one of Livefeed's own signals is sent exactly once when the block is committed."""
    received: list[Any] = []

    def receive(**kwargs: Any) -> None:
        received.append(kwargs)

    signal.connect(receive)
    try:
        with committed():
            yield
    finally:
        signal.disconnect(receive)
    assert len(received) == 1


def has_event(kind: str, **fields: int) -> bool:
    return Event.objects.filter(kind=kind, **fields).exists()


# --- Posts ---


def title_is_cleaned(cast: Cast) -> None:
    assert make_post(cast.author, title="  some \u202e news ").title == "some news"


def tags_are_extracted(cast: Cast) -> None:
    assert make_post(cast.author, "On #trees.").tags == "trees"


def post_is_on_tag_page(cast: Cast) -> None:
    post = make_post(cast.author, "On #trees.")
    assert Page(Client().get("/tags/trees/")).posts == [post.pk]


def post_event_is_written(cast: Cast) -> None:
    assert has_event("post.created", subject_id=make_post(cast.author).pk)


def deletion_event_is_written(cast: Cast) -> None:
    post = make_post(cast.author)
    post_id = post.pk
    post.delete()
    assert has_event("post.deleted", subject_id=post_id)


def post_published_is_sent(cast: Cast) -> None:
    with sent_once(signals.post_published):
        make_post(cast.author)


def post_removed_is_sent(cast: Cast) -> None:
    post = make_post(cast.author)
    with sent_once(signals.post_removed):
        post.delete()


def reply_is_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    make_post(cast.follower, parent=post)
    assert Post.objects.get(pk=post.pk).replies_count == 1


def deleted_reply_is_not_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    reply = make_post(cast.follower, parent=post)
    Post.objects.filter(pk=post.pk).update(replies_count=1)
    reply.delete()
    assert Post.objects.get(pk=post.pk).replies_count == 0


def html_of_saved_post_is_invalidated(cast: Cast) -> None:
    post = make_post(cast.author)
    render_post(post)
    post.save()
    assert caches["fragments"].get(f"post:{post.pk}") is None


def html_of_deleted_post_is_invalidated(cast: Cast) -> None:
    post = make_post(cast.author)
    render_post(post)
    post_id = post.pk
    post.delete()
    assert caches["fragments"].get(f"post:{post_id}") is None


def post_is_counted(cast: Cast) -> None:
    with committed():
        make_post(cast.author)
    assert Profile.objects.get(user=cast.author).posts_count == 1


def deleted_post_is_not_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    Profile.objects.update(posts_count=1)
    with committed():
        post.delete()
    assert Profile.objects.get(user=cast.author).posts_count == 0


# --- Likes and follows ---


def follow_is_counted(cast: Cast) -> None:
    cast.author.follow(cast.stranger)
    assert Profile.objects.get(user=cast.stranger).followers_count == 1


def ended_follow_is_not_counted(cast: Cast) -> None:
    Profile.objects.update(followers_count=1, following_count=1)
    cast.follower.unfollow(cast.author)
    assert Profile.objects.get(user=cast.author).followers_count == 0


def vote_is_published(cast: Cast) -> None:
    poll = make_poll(cast.author)
    poll.vote(cast.follower, [poll.options.all()[0].pk])
    assert has_event("post.counted", subject_id=poll.pk)


def like_is_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    assert Post.objects.get(pk=post.pk).likes_count == 1


def ended_like_is_not_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    Post.objects.filter(pk=post.pk).update(likes_count=1)
    Like.objects.remove(cast.follower, post)
    assert Post.objects.get(pk=post.pk).likes_count == 0


def post_liked_is_sent(cast: Cast) -> None:
    post = make_post(cast.author)
    with sent_once(signals.post_liked):
        Like.objects.add(cast.follower, post)


def post_unliked_is_sent(cast: Cast) -> None:
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    with sent_once(signals.post_unliked):
        Like.objects.remove(cast.follower, post)


def follow_event_is_written(cast: Cast) -> None:
    cast.stranger.follow(cast.author)
    assert has_event("follow.created", actor_id=cast.stranger.pk)


def unfollow_event_is_written(cast: Cast) -> None:
    cast.follower.unfollow(cast.author)
    assert has_event("follow.removed", actor_id=cast.follower.pk)


def user_followed_is_sent(cast: Cast) -> None:
    with sent_once(signals.user_followed):
        cast.stranger.follow(cast.author)


def user_unfollowed_is_sent(cast: Cast) -> None:
    with sent_once(signals.user_unfollowed):
        cast.follower.unfollow(cast.author)


# --- Notifications ---


def unread(user: User) -> int:
    return Notification.objects.unread_count(user)


def mention_notifies(cast: Cast) -> None:
    make_post(cast.author, "Dear @stranger.")
    assert unread(cast.stranger) == 1


def deleted_mention_updates_badge(cast: Cast) -> None:
    post = make_post(cast.author, "Dear @stranger.")
    Event.objects.all().delete()
    post.delete()
    assert has_event("notifications.changed", actor_id=cast.stranger.pk)


def like_notifies(cast: Cast) -> None:
    Like.objects.add(cast.stranger, make_post(cast.follower))
    assert unread(cast.follower) == 1


def unlike_withdraws_notification(cast: Cast) -> None:
    post = make_post(cast.follower)
    Like.objects.add(cast.stranger, post)
    Like.objects.remove(cast.stranger, post)
    assert unread(cast.follower) == 0


def follow_notifies(cast: Cast) -> None:
    cast.author.follow(cast.stranger)
    assert unread(cast.stranger) == 1


def unfollow_withdraws_notification(cast: Cast) -> None:
    cast.author.follow(cast.stranger)
    Event.objects.all().delete()
    cast.author.unfollow(cast.stranger)
    assert unread(cast.stranger) == 0
    assert has_event("notifications.changed", actor_id=cast.stranger.pk)


# --- Users, sessions and files ---


def picture_files_are_deleted(cast: Cast) -> None:
    picture = Picture.objects.store(cast.author, image_files.file())
    folder = Path(settings.MEDIA_ROOT)
    before = {file for file in folder.rglob("*") if file.is_file()}
    with committed():
        picture.delete()
    assert before - {file for file in folder.rglob("*") if file.is_file()}


def profile_is_created(cast: Cast) -> None:
    assert Profile.objects.filter(user=make_user()).exists()


def user_registered_is_sent(cast: Cast) -> None:
    with sent_once(signals.user_registered):
        sign_up()


def sign_up() -> User:
    form = {"username": "newcomer", "email": "new@example.org", "password1": PASSWORD}
    assert Client().post("/accounts/signup/", form).status_code == 302
    return User.objects.get(username="newcomer")


def welcome_email_is_sent(cast: Cast) -> None:
    with committed():
        sign_up()
    assert [message.to for message in mail.outbox] == [["new@example.org"]]


def confirmed_user_is_activated(cast: Cast) -> None:
    address = EmailAddress.objects.get(user=sign_up())
    Client().post(f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/")
    assert User.objects.get(username="newcomer").is_activated


def user_activated_is_sent(cast: Cast) -> None:
    user = make_user(activated_at=None)
    with sent_once(signals.user_activated):
        user.activate()


def confirmed_sign_up_is_activated(cast: Cast) -> None:
    user = make_user(activated_at=None)
    user_signed_up.send(User, user=user, request=None)
    assert User.objects.get(pk=user.pk).is_activated


def user_event_is_written(cast: Cast) -> None:
    user = User.objects.get(pk=cast.author.pk)
    user.name = "Another name"
    user.save()
    assert has_event("user.renamed", actor_id=user.pk)


def sign_in_has_number(cast: Cast) -> None:
    signed_in(cast.author)
    assert Session.objects.get().sign_in is not None


def sign_in_has_details(cast: Cast) -> None:
    assert signed_in(cast.author).session.get("began")


def export_file_is_deleted(cast: Cast) -> None:
    export = Export.objects.create(user=cast.author)
    default_storage.save(export.path, ContentFile(b"zip"))
    path = export.path
    with committed():
        export.delete()
    assert not default_storage.exists(path)


def sign_out_event_is_written(cast: Cast) -> None:
    client = signed_in(cast.author)
    Session.objects.update(sign_in=7)
    client.post("/accounts/logout/")
    assert has_event("sign_in.ended", subject_id=7)


def revocation_event_is_written(cast: Cast) -> None:
    token, _ = Token.objects.issue(cast.author)
    token_id = token.pk
    token.delete()
    assert has_event("token.revoked", subject_id=token_id)


def is_card_cached(user_id: int) -> bool:
    return caches["fragments"].get(f"card:{user_id}") is not None


def card_of_saved_user_is_invalidated(cast: Cast) -> None:
    render_card(Profile.objects.for_user(cast.author))
    cast.author.save()
    assert not is_card_cached(cast.author.pk)


def card_of_deleted_user_is_invalidated(cast: Cast) -> None:
    render_card(Profile.objects.for_user(cast.author))
    user_id = cast.author.pk
    cast.author.delete()
    assert not is_card_cached(user_id)


def card_of_saved_profile_is_invalidated(cast: Cast) -> None:
    profile = Profile.objects.for_user(cast.author)
    render_card(profile)
    profile.save(update_fields=["about"])
    assert not is_card_cached(cast.author.pk)


def last_administrator_is_not_suspended(cast: Cast) -> None:
    make_user("operator", is_superuser=True)
    user = User.objects.get(username="operator")
    user.is_active = False
    with suppress(LastAdministratorError):
        user.save()
    assert administrators().exists()


def last_administrator_is_not_deleted(cast: Cast) -> None:
    with suppress(LastAdministratorError):
        make_user("operator", is_superuser=True).delete()
    assert administrators().exists()


# --- The audit log ---


def is_audited(user: User, kind: str) -> bool:
    return AuditEntry.objects.about(user).filter(kind=kind).exists()


def change_is_audited(cast: Cast) -> None:
    user = User.objects.get(pk=cast.author.pk)
    user.name = "Another name"
    user.save()
    assert is_audited(user, "account.changed")


def deletion_is_audited(cast: Cast) -> None:
    user = copy(cast.author)
    cast.author.delete()
    assert is_audited(user, "account.deleted")


def group_is_audited(cast: Cast) -> None:
    cast.author.groups.add(Group.objects.create(name="Moderators"))
    assert is_audited(cast.author, "account.changed")


def permission_is_audited(cast: Cast) -> None:
    cast.author.user_permissions.add(Permission.objects.get(codename="change_post"))
    assert is_audited(cast.author, "account.changed")


def group_deletion_is_audited(cast: Cast) -> None:
    group = Group.objects.create(name="Moderators")
    cast.author.groups.add(group)
    AuditEntry.objects.all().delete()
    group.delete()
    assert is_audited(cast.author, "account.changed")


def token_is_audited(cast: Cast) -> None:
    Token.objects.issue(cast.author)
    assert is_audited(cast.author, "account.changed")


def revocation_is_audited(cast: Cast) -> None:
    token, _ = Token.objects.issue(cast.author)
    AuditEntry.objects.all().delete()
    token.revoke()
    assert is_audited(cast.author, "account.changed")


def sign_in_is_audited(cast: Cast) -> None:
    signed_in(cast.author)
    assert is_audited(cast.author, "signed_in")


def sign_out_is_audited(cast: Cast) -> None:
    signed_in(cast.author).post("/accounts/logout/")
    assert is_audited(cast.author, "signed_out")


def browser_is_cleared(cast: Cast) -> None:
    assert "Clear-Site-Data" in signed_in(cast.author).post("/accounts/logout/").headers


def failed_sign_in_is_audited(cast: Cast) -> None:
    Client().post("/accounts/login/", {"login": "author", "password": "wrong"})
    assert is_audited(cast.author, "sign_in.refused")


# --- Second steps and the OpenID Connect provider ---


def has_sentence(user: User, sentence: str) -> bool:
    entries = AuditEntry.objects.about(user)
    return any(sentence in str(each) for entry in entries for each in entry.sentences)


def step_is_audited(cast: Cast) -> None:
    user = make_protected_user()
    assert has_sentence(user, "authenticator app</bdi> added")


def step_removal_is_audited(cast: Cast) -> None:
    user = make_protected_user()
    Authenticator.objects.filter(user=user).delete()
    assert has_sentence(user, "authenticator app</bdi> removed")


def recovery_code_is_audited(cast: Cast) -> None:
    user = make_protected_user()
    client = Client()
    enter_password(client, user.username)
    enter(client, recovery_codes_of(user)[0])
    assert has_sentence(user, "Recovery code used")


def failed_step_is_audited(cast: Cast) -> None:
    user = make_protected_user()
    client = Client()
    enter_password(client, user.username)
    enter(client, wrong_code())
    assert AuditEntry.objects.about(user).filter(kind=AuditEntry.Kind.REFUSED).exists()


def provider_is_audited(cast: Cast) -> None:
    SocialAccount.objects.create(user=cast.author, provider="id.example.org", uid="1")
    assert has_sentence(cast.author, "Sign-in with <bdi>id.example.org</bdi> turned on")


def provider_removal_is_audited(cast: Cast) -> None:
    SocialAccount.objects.create(user=cast.author, provider="id.example.org", uid="1").delete()
    assert has_sentence(cast.author, "Sign-in with <bdi>id.example.org</bdi> turned off")


# --- The receivers of live models without receivers of their own, by the example app ---


def add_link(cast: Cast) -> Link:
    return Link.objects.create(title="Bread", address="https://example.org/", added_by=cast.author)


def announcement_event_is_written(cast: Cast) -> None:
    assert Event.objects.filter(kind="announcement.created", subject_id=make_announcement().pk).exists()


def announcement_deletion_is_written(cast: Cast) -> None:
    announcement = make_announcement()
    pk = announcement.pk
    announcement.delete()
    assert Event.objects.filter(kind="announcement.deleted", subject_id=pk).exists()


def dismissal_event_is_written(cast: Cast) -> None:
    assert Dismissal.objects.add(cast.author, make_announcement())
    assert Event.objects.filter(kind="dismissal.created").exists()


def link_event_is_written(cast: Cast) -> None:
    assert Event.objects.filter(kind="link.created", subject_id=add_link(cast).pk).exists()


def links_former_readers_are_told(cast: Cast) -> None:
    link = add_link(cast)
    link.for_followers = True
    link.save()
    assert Event.objects.filter(kind="link.deleted", subject_id=link.pk, audience="public").exists()


def link_deletion_is_written(cast: Cast) -> None:
    link = add_link(cast)
    pk = link.pk
    link.delete()
    assert Event.objects.filter(kind="link.deleted", subject_id=pk).exists()


PROBES: dict[str, Probe] = {
    "live.announcement.save": announcement_event_is_written,
    "live.announcement.delete": announcement_deletion_is_written,
    "live.dismissal.save": dismissal_event_is_written,
    "live.link.before": links_former_readers_are_told,
    "live.link.save": link_event_is_written,
    "live.link.delete": link_deletion_is_written,
    "post.clean_title": title_is_cleaned,
    "post.extract_tags": tags_are_extracted,
    "post.index_tags": post_is_on_tag_page,
    "post.write_event": post_event_is_written,
    "post.write_deletion_event": deletion_event_is_written,
    "post.send_signal": post_published_is_sent,
    "post.send_removal_signal": post_removed_is_sent,
    "post.count": post_is_counted,
    "post.uncount": deleted_post_is_not_counted,
    "post.invalidate": html_of_saved_post_is_invalidated,
    "post.invalidate_deleted": html_of_deleted_post_is_invalidated,
    "post.notify": mention_notifies,
    "post.notify_before_deletion": deleted_mention_updates_badge,
    "reply.count": reply_is_counted,
    "reply.uncount": deleted_reply_is_not_counted,
    "like.count": like_is_counted,
    "vote.publish": vote_is_published,
    "like.uncount": ended_like_is_not_counted,
    "like.send_signal": post_liked_is_sent,
    "like.send_unlike_signal": post_unliked_is_sent,
    "like.notify": like_notifies,
    "like.notify_of_unlike": unlike_withdraws_notification,
    "follow.count": follow_is_counted,
    "follow.uncount": ended_follow_is_not_counted,
    "follow.write_event": follow_event_is_written,
    "follow.write_unfollow_event": unfollow_event_is_written,
    "follow.send_signal": user_followed_is_sent,
    "follow.send_unfollow_signal": user_unfollowed_is_sent,
    "follow.notify": follow_notifies,
    "follow.notify_of_unfollow": unfollow_withdraws_notification,
    "picture.delete_files": picture_files_are_deleted,
    "user.create_profile": profile_is_created,
    "user.send_registration_signal": user_registered_is_sent,
    "user.write_events": user_event_is_written,
    "user.enqueue_welcome_mail": welcome_email_is_sent,
    "user.activate": confirmed_user_is_activated,
    "user.send_activation_signal": user_activated_is_sent,
    "user.invalidate_card": card_of_saved_user_is_invalidated,
    "user.invalidate_deleted_card": card_of_deleted_user_is_invalidated,
    "profile.invalidate_card": card_of_saved_profile_is_invalidated,
    "user.check_last_admin_before_save": last_administrator_is_not_suspended,
    "user.check_last_admin_before_delete": last_administrator_is_not_deleted,
    "user.audit_save": change_is_audited,
    "user.audit_deletion": deletion_is_audited,
    "user.audit_groups": group_is_audited,
    "user.audit_permissions": permission_is_audited,
    "group.audit_deletion": group_deletion_is_audited,
    "token.audit": token_is_audited,
    "token.audit_revocation": revocation_is_audited,
    "session.audit_sign_in": sign_in_is_audited,
    "session.audit_sign_out": sign_out_is_audited,
    "session.mark_sign_out": browser_is_cleared,
    "session.audit_failed_sign_in": failed_sign_in_is_audited,
    "session.assign_sign_in_number": sign_in_has_number,
    "session.record_sign_in_details": sign_in_has_details,
    "step.audit": step_is_audited,
    "step.audit_removal": step_removal_is_audited,
    "step.audit_recovery_code": recovery_code_is_audited,
    "step.audit_failure": failed_step_is_audited,
    "provider.audit": provider_is_audited,
    "provider.audit_removal": provider_removal_is_audited,
    "user.activate_confirmed": confirmed_sign_up_is_activated,
    "export.delete_file": export_file_is_deleted,
    "session.write_sign_out_event": sign_out_event_is_written,
    "token.write_revocation_event": revocation_event_is_written,
}

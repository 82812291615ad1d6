"""For each receiver a probe: what somebody would miss if it were not connected. It raises `AssertionError` then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.dispatch import Signal
from django.test import Client

from livefeed import signals
from livefeed.accounts.last_admin import LastAdministratorError, administrators
from livefeed.content.fragments import render_card, render_post
from livefeed.models import AuditEntry, Event, Export, Like, Notification, Picture, Post, Profile, Session, Token, User
from tests.factories import PASSWORD, Cast, make_post, make_user, signed_in
from tests.image_files import file
from tests.views.html import Page

Probe = Callable[[Cast], None]


@contextmanager
def hears(signal: Signal) -> Iterator[None]:
    """Whether a signal of our own is sent once within the block."""
    heard: list[Any] = []

    def receive(**what: Any) -> None:
        heard.append(what)

    signal.connect(receive)
    try:
        yield
    finally:
        signal.disconnect(receive)
    assert len(heard) == 1


def logged(kind: Event.Kind, **about: int) -> bool:
    return Event.objects.filter(kind=kind, **about).exists()


# --- Posts ---


def title(cast: Cast) -> None:
    assert make_post(cast.author, title="  some \u202e news ").title == "Some News"


def tags(cast: Cast) -> None:
    assert make_post(cast.author, "On #trees.").tags == "trees"


def tag_page(cast: Cast) -> None:
    post = make_post(cast.author, "On #trees.")
    assert Page(Client().get("/tags/trees/")).posts == [post.pk]


def post_in_log(cast: Cast) -> None:
    assert logged(Event.Kind.POST_CREATED, subject_id=make_post(cast.author).pk)


def deletion_in_log(cast: Cast) -> None:
    post = make_post(cast.author)
    post_id, _ = post.pk, post.delete()
    assert logged(Event.Kind.POST_DELETED, subject_id=post_id)


def post_published(cast: Cast) -> None:
    with hears(signals.post_published):
        make_post(cast.author)


def post_removed(cast: Cast) -> None:
    post = make_post(cast.author)
    with hears(signals.post_removed):
        post.delete()


def replies_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    make_post(cast.follower, parent=post)
    assert Post.objects.get(pk=post.pk).replies_count == 1


def end_of_reply_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    reply = make_post(cast.follower, parent=post)
    Post.objects.filter(pk=post.pk).update(replies_count=1)
    reply.delete()
    assert Post.objects.get(pk=post.pk).replies_count == 0


def old_html_freed(cast: Cast) -> None:
    post = make_post(cast.author)
    render_post(post)
    post.save()
    assert caches["fragments"].get(f"post:{post.pk}") is None


def html_of_deleted_freed(cast: Cast) -> None:
    post = make_post(cast.author)
    render_post(post)
    post_id, _ = post.pk, post.delete()
    assert caches["fragments"].get(f"post:{post_id}") is None


def posts_counted(cast: Cast) -> None:
    make_post(cast.author)
    assert Profile.objects.get(user=cast.author).posts_count == 1


def end_of_post_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    Profile.objects.update(posts_count=1)
    post.delete()
    assert Profile.objects.get(user=cast.author).posts_count == 0


# --- Ties ---


def followers_counted(cast: Cast) -> None:
    cast.author.follow(cast.stranger)
    assert Profile.objects.get(user=cast.stranger).followers_count == 1


def end_of_follow_counted(cast: Cast) -> None:
    Profile.objects.update(followers_count=1, following_count=1)
    cast.follower.unfollow(cast.author)
    assert Profile.objects.get(user=cast.author).followers_count == 0


def likes_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    assert Post.objects.get(pk=post.pk).likes_count == 1


def end_of_like_counted(cast: Cast) -> None:
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    Post.objects.filter(pk=post.pk).update(likes_count=1)
    Like.objects.remove(cast.follower, post)
    assert Post.objects.get(pk=post.pk).likes_count == 0


def post_liked(cast: Cast) -> None:
    post = make_post(cast.author)
    with hears(signals.post_liked):
        Like.objects.add(cast.follower, post)


def post_unliked(cast: Cast) -> None:
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    with hears(signals.post_unliked):
        Like.objects.remove(cast.follower, post)


def follow_in_log(cast: Cast) -> None:
    cast.stranger.follow(cast.author)
    assert logged(Event.Kind.FOLLOW_CREATED, actor_id=cast.stranger.pk)


def unfollow_in_log(cast: Cast) -> None:
    cast.follower.unfollow(cast.author)
    assert logged(Event.Kind.FOLLOW_REMOVED, actor_id=cast.follower.pk)


def user_followed(cast: Cast) -> None:
    with hears(signals.user_followed):
        cast.stranger.follow(cast.author)


def user_unfollowed(cast: Cast) -> None:
    with hears(signals.user_unfollowed):
        cast.follower.unfollow(cast.author)


# --- Notifications ---


def unread(person: User) -> int:
    return Notification.objects.unread_count(person)


def mention_notified(cast: Cast) -> None:
    make_post(cast.author, "Dear @stranger.")
    assert unread(cast.stranger) == 1


def end_of_mention_told(cast: Cast) -> None:
    post = make_post(cast.author, "Dear @stranger.")
    Event.objects.all().delete()
    post.delete()
    assert logged(Event.Kind.NOTIFIED, actor_id=cast.stranger.pk)


def like_notified(cast: Cast) -> None:
    Like.objects.add(cast.stranger, make_post(cast.follower))
    assert unread(cast.follower) == 1


def end_of_like_notified(cast: Cast) -> None:
    post = make_post(cast.follower)
    Like.objects.add(cast.stranger, post)
    Like.objects.remove(cast.stranger, post)
    assert unread(cast.follower) == 0


def follow_notified(cast: Cast) -> None:
    cast.author.follow(cast.stranger)
    assert unread(cast.stranger) == 1


def end_of_follow_notified(cast: Cast) -> None:
    cast.author.follow(cast.stranger)
    cast.author.unfollow(cast.stranger)
    assert unread(cast.stranger) == 0


# --- People, and what they open ---


def files_deleted(cast: Cast) -> None:
    picture = Picture.objects.store(cast.author, file())
    folder = Path(settings.MEDIA_ROOT)
    before = {each for each in folder.rglob("*") if each.is_file()}
    picture.delete()
    assert before - {each for each in folder.rglob("*") if each.is_file()}


def profile_made(cast: Cast) -> None:
    assert Profile.objects.filter(user=make_user()).exists()


def registered(cast: Cast) -> None:
    form = {"username": "newcomer", "email": "new@example.org", "password1": PASSWORD}
    with hears(signals.user_registered):
        assert Client().post("/accounts/signup/", form).status_code == 302


def sign_up() -> User:
    form = {"username": "newcomer", "email": "new@example.org", "password1": PASSWORD}
    Client().post("/accounts/signup/", form)
    return User.objects.get(username="newcomer")


def welcomed(cast: Cast) -> None:
    sign_up()
    assert [message.to for message in mail.outbox] == [["new@example.org"]]


def activated(cast: Cast) -> None:
    address = EmailAddress.objects.get(user=sign_up())
    Client().post(f"/accounts/confirm-email/{EmailConfirmationHMAC(address).key}/")
    assert User.objects.get(username="newcomer").is_activated


def user_activated(cast: Cast) -> None:
    person = make_user(activated_at=None)
    with hears(signals.user_activated):
        person.activate()


def change_in_log(cast: Cast) -> None:
    person = User.objects.get(pk=cast.author.pk)
    person.name = "Else"
    person.save()
    assert logged(Event.Kind.USER_RENAMED, actor_id=person.pk)


def sign_in_numbered(cast: Cast) -> None:
    signed_in(cast.author)
    assert Session.objects.get().sign_in is not None


def place_noted(cast: Cast) -> None:
    assert signed_in(cast.author).session.get("began")


def export_file_deleted(cast: Cast) -> None:
    export = Export.objects.create(user=cast.author)
    default_storage.save(export.path, ContentFile(b"zip"))
    path = export.path
    export.delete()
    assert not default_storage.exists(path)


def sign_out_in_log(cast: Cast) -> None:
    client = signed_in(cast.author)
    Session.objects.update(sign_in=7)
    client.post("/accounts/logout/")
    assert logged(Event.Kind.SIGN_IN_ENDED, subject_id=7)


def revocation_in_log(cast: Cast) -> None:
    token, _ = Token.objects.issue(cast.author)
    token_id, _ = token.pk, token.delete()
    assert logged(Event.Kind.TOKEN_REVOKED, subject_id=token_id)


def is_card_kept(person_id: int) -> bool:
    return caches["fragments"].get(f"card:{person_id}") is not None


def card_freed(cast: Cast) -> None:
    render_card(Profile.objects.for_user(cast.author))
    cast.author.save()
    assert not is_card_kept(cast.author.pk)


def card_of_deleted_freed(cast: Cast) -> None:
    render_card(Profile.objects.for_user(cast.author))
    person_id, _ = cast.author.pk, cast.author.delete()
    assert not is_card_kept(person_id)


def card_of_changed_freed(cast: Cast) -> None:
    profile = Profile.objects.for_user(cast.author)
    render_card(profile)
    profile.save(update_fields=["about"])
    assert not is_card_kept(cast.author.pk)


def last_administrator_stays(cast: Cast) -> None:
    make_user("operator", is_superuser=True)
    person = User.objects.get(username="operator")
    person.is_active = False
    with suppress(LastAdministratorError):
        person.save()
    assert administrators().exists()


def last_administrator_is_not_deleted(cast: Cast) -> None:
    with suppress(LastAdministratorError):
        make_user("operator", is_superuser=True).delete()
    assert administrators().exists()


# --- The audit log ---


def is_noted(person: User, kind: str) -> bool:
    return AuditEntry.objects.about(person).filter(kind=kind).exists()


def change_noted(cast: Cast) -> None:
    person = User.objects.get(pk=cast.author.pk)
    person.name = "Else"
    person.save()
    assert is_noted(person, "account.changed")


def deletion_noted(cast: Cast) -> None:
    person = copy(cast.author)
    cast.author.delete()
    assert is_noted(person, "account.deleted")


def groups_noted(cast: Cast) -> None:
    cast.author.groups.add(Group.objects.create(name="Moderators"))
    assert is_noted(cast.author, "account.changed")


def permissions_noted(cast: Cast) -> None:
    cast.author.user_permissions.add(Permission.objects.get(codename="change_post"))
    assert is_noted(cast.author, "account.changed")


def end_of_group_noted(cast: Cast) -> None:
    group = Group.objects.create(name="Moderators")
    cast.author.groups.add(group)
    AuditEntry.objects.all().delete()
    group.delete()
    assert is_noted(cast.author, "account.changed")


def token_noted(cast: Cast) -> None:
    Token.objects.issue(cast.author)
    assert is_noted(cast.author, "account.changed")


def revocation_noted(cast: Cast) -> None:
    token, _ = Token.objects.issue(cast.author)
    AuditEntry.objects.all().delete()
    token.revoke()
    assert is_noted(cast.author, "account.changed")


def sign_in_noted(cast: Cast) -> None:
    signed_in(cast.author)
    assert is_noted(cast.author, "signed_in")


def sign_out_noted(cast: Cast) -> None:
    signed_in(cast.author).post("/accounts/logout/")
    assert is_noted(cast.author, "signed_out")


def refusal_noted(cast: Cast) -> None:
    Client().post("/accounts/login/", {"login": "author", "password": "wrong"})
    assert is_noted(cast.author, "sign_in.refused")


PROBES: dict[str, Probe] = {
    "post.clean_title": title,
    "post.extract_tags": tags,
    "post.index_tags": tag_page,
    "post.write_event": post_in_log,
    "post.write_deletion_event": deletion_in_log,
    "post.send_signal": post_published,
    "post.send_removal_signal": post_removed,
    "post.count": posts_counted,
    "post.uncount": end_of_post_counted,
    "post.invalidate": old_html_freed,
    "post.invalidate_deleted": html_of_deleted_freed,
    "post.notify": mention_notified,
    "post.notify_before_deletion": end_of_mention_told,
    "reply.count": replies_counted,
    "reply.uncount": end_of_reply_counted,
    "like.count": likes_counted,
    "like.uncount": end_of_like_counted,
    "like.send_signal": post_liked,
    "like.send_unlike_signal": post_unliked,
    "like.notify": like_notified,
    "like.notify_of_unlike": end_of_like_notified,
    "follow.count": followers_counted,
    "follow.uncount": end_of_follow_counted,
    "follow.write_event": follow_in_log,
    "follow.write_unfollow_event": unfollow_in_log,
    "follow.send_signal": user_followed,
    "follow.send_unfollow_signal": user_unfollowed,
    "follow.notify": follow_notified,
    "follow.notify_of_unfollow": end_of_follow_notified,
    "picture.delete_files": files_deleted,
    "user.create_profile": profile_made,
    "user.send_registration_signal": registered,
    "user.write_events": change_in_log,
    "user.enqueue_welcome_mail": welcomed,
    "user.activate": activated,
    "user.send_activation_signal": user_activated,
    "user.invalidate_card": card_freed,
    "user.invalidate_deleted_card": card_of_deleted_freed,
    "profile.invalidate_card": card_of_changed_freed,
    "user.check_last_admin_before_save": last_administrator_stays,
    "user.check_last_admin_before_delete": last_administrator_is_not_deleted,
    "user.audit_save": change_noted,
    "user.audit_deletion": deletion_noted,
    "user.audit_groups": groups_noted,
    "user.audit_permissions": permissions_noted,
    "group.audit_deletion": end_of_group_noted,
    "token.audit": token_noted,
    "token.audit_revocation": revocation_noted,
    "session.audit_sign_in": sign_in_noted,
    "session.audit_sign_out": sign_out_noted,
    "session.audit_failed_sign_in": refusal_noted,
    "session.assign_sign_in_number": sign_in_numbered,
    "session.record_sign_in_details": place_noted,
    "export.delete_file": export_file_deleted,
    "session.write_sign_out_event": sign_out_in_log,
    "token.write_revocation_event": revocation_in_log,
}

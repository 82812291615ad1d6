"""Every receiver. Each does one small thing by calling one named function; none does any work itself.

`raw=True` (loaddata) is ignored: fixtures bring rows whose neighbours may not be there yet.
Receivers run inside the transaction of the save that fired them, so what they write is committed with it.
Signals of our own, for other apps, are in public.py; receivers here say when one of them is due.
`manage.py signals` prints who hears what.
"""

from typing import Any

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.http import HttpRequest

from livefeed import events, notifying, public, rendering, text
from livefeed.markup import named_in
from livefeed.models import Follow, Like, Picture, Post, Profile, Session, Tagging, Token, User
from livefeed.sessions import number_sign_in
from livefeed.watching import watched


def connect() -> None:
    """Connects every receiver; called once, by `LivefeedConfig.ready()`."""
    pre_save.connect(tidy_title, sender=Post, dispatch_uid="post.tidy_title")
    pre_save.connect(find_tags, sender=Post, dispatch_uid="post.find_tags")
    post_save.connect(announce_post, sender=Post, dispatch_uid="post.announce")
    post_save.connect(tell_of_post, sender=Post, dispatch_uid="post.tell")
    post_delete.connect(tell_of_deletion, sender=Post, dispatch_uid="post.tell_of_deletion")
    post_save.connect(keep_tags, sender=Post, dispatch_uid="post.keep_tags")
    post_delete.connect(announce_deletion, sender=Post, dispatch_uid="post.announce_deletion")
    post_save.connect(count_reply, sender=Post, dispatch_uid="reply.count")
    post_delete.connect(count_end_of_reply, sender=Post, dispatch_uid="reply.count_end")
    post_save.connect(count_like, sender=Like, dispatch_uid="like.count")
    post_delete.connect(count_end_of_like, sender=Like, dispatch_uid="like.count_end")
    post_save.connect(tell_of_like, sender=Like, dispatch_uid="like.tell")
    post_delete.connect(tell_of_end_of_like, sender=Like, dispatch_uid="like.tell_of_end")
    post_delete.connect(delete_files, sender=Picture, dispatch_uid="picture.delete_files")
    post_save.connect(make_profile, sender=User, dispatch_uid="user.make_profile")
    post_save.connect(announce_follow, sender=Follow, dispatch_uid="follow.announce")
    post_delete.connect(announce_unfollow, sender=Follow, dispatch_uid="follow.announce_end")
    post_save.connect(tell_of_follow, sender=Follow, dispatch_uid="follow.tell")
    post_delete.connect(tell_of_unfollow, sender=Follow, dispatch_uid="follow.tell_of_end")
    post_save.connect(forget_post, sender=Post, dispatch_uid="post.forget")
    post_delete.connect(forget_post, sender=Post, dispatch_uid="post.forget_deleted")
    post_save.connect(notify_of_post, sender=Post, dispatch_uid="post.notify")
    pre_delete.connect(notify_of_deletion, sender=Post, dispatch_uid="post.notify_of_deletion")
    post_save.connect(notify_of_like, sender=Like, dispatch_uid="like.notify")
    post_delete.connect(notify_of_end_of_like, sender=Like, dispatch_uid="like.notify_of_end")
    post_save.connect(notify_of_follow, sender=Follow, dispatch_uid="follow.notify")
    post_delete.connect(notify_of_unfollow, sender=Follow, dispatch_uid="follow.notify_of_end")
    user_signed_up.connect(tell_of_registration, dispatch_uid="user.tell_of_registration")
    post_save.connect(announce_change_of_user, sender=User, dispatch_uid="user.announce_change")
    user_logged_in.connect(number_session, dispatch_uid="session.number")
    post_delete.connect(announce_sign_out, sender=Session, dispatch_uid="session.announce_end")
    post_delete.connect(announce_revocation, sender=Token, dispatch_uid="token.announce_end")


@watched
def tidy_title(sender: type[Post], instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        instance.title = text.tidy_title(instance.title)


@watched
def find_tags(sender: type[Post], instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        instance.tags = " ".join(sorted(named_in(instance.body).tags))


@watched
def keep_tags(sender: type[Post], instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        Tagging.objects.keep(instance)


@watched
def announce_post(
    sender: type[Post],
    instance: Post,
    created: bool,
    update_fields: frozenset[str] | None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    if not raw:
        events.post_saved(instance, came=created or "removed_at" in (update_fields or ()))


@watched
def announce_deletion(sender: type[Post], instance: Post, **kwargs: Any) -> None:
    if not instance.removed_at:  # else it is known
        events.post_deleted(instance)


@watched
def tell_of_post(
    sender: type[Post],
    instance: Post,
    created: bool,
    update_fields: frozenset[str] | None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    if not raw:
        public.post_saved(instance, created=created, came="removed_at" in (update_fields or ()))


@watched
def tell_of_deletion(sender: type[Post], instance: Post, **kwargs: Any) -> None:
    if not instance.removed_at:  # else it is known
        public.post_gone(instance)


@watched
def count_reply(
    sender: type[Post],
    instance: Post,
    created: bool,
    update_fields: frozenset[str] | None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    if instance.parent_id and not raw and (created or "removed_at" in (update_fields or ())):
        events.reply_counted(instance.parent_id, -1 if instance.removed_at else +1)


@watched
def count_end_of_reply(sender: type[Post], instance: Post, **kwargs: Any) -> None:
    if instance.parent_id and not instance.removed_at:
        events.reply_counted(instance.parent_id, -1)


@watched
def count_like(sender: type[Like], instance: Like, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        events.like_counted(instance.post_id, +1)


@watched
def count_end_of_like(sender: type[Like], instance: Like, origin: Any = None, **kwargs: Any) -> None:
    if getattr(origin, "model", type(origin)) is not Post:  # else the post goes, and its likes with it
        events.like_counted(instance.post_id, -1)


@watched
def tell_of_like(sender: type[Like], instance: Like, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        public.like_changed(instance, public.post_liked)


@watched
def tell_of_end_of_like(sender: type[Like], instance: Like, **kwargs: Any) -> None:
    public.like_changed(instance, public.post_unliked)


@watched
def forget_post(sender: type[Post], instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        rendering.forget_post(instance)


@watched
def notify_of_post(
    sender: type[Post],
    instance: Post,
    created: bool,
    update_fields: frozenset[str] | None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    if not raw:
        notifying.post_saved(instance, created=created, came="removed_at" in (update_fields or ()))


@watched
def notify_of_deletion(sender: type[Post], instance: Post, **kwargs: Any) -> None:
    notifying.post_goes(instance)


@watched
def notify_of_like(sender: type[Like], instance: Like, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        notifying.like_began(instance)


@watched
def notify_of_end_of_like(sender: type[Like], instance: Like, origin: Any = None, **kwargs: Any) -> None:
    if getattr(origin, "model", type(origin)) is not Post:  # else the post goes, and what tells of it
        notifying.like_ended(instance)


@watched
def notify_of_follow(sender: type[Follow], instance: Follow, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        notifying.follow_began(instance)


@watched
def notify_of_unfollow(sender: type[Follow], instance: Follow, **kwargs: Any) -> None:
    notifying.follow_ended(instance)


@watched
def delete_files(sender: type[Picture], instance: Picture, **kwargs: Any) -> None:
    instance.delete_files()


@watched
def make_profile(sender: type[User], instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        Profile.objects.of(instance)


@watched
def announce_follow(sender: type[Follow], instance: Follow, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        events.follow_created(instance)


@watched
def announce_unfollow(sender: type[Follow], instance: Follow, **kwargs: Any) -> None:
    events.follow_removed(instance)


@watched
def tell_of_follow(sender: type[Follow], instance: Follow, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        public.follow_changed(instance, public.user_followed)


@watched
def tell_of_unfollow(sender: type[Follow], instance: Follow, **kwargs: Any) -> None:
    public.follow_changed(instance, public.user_unfollowed)


@watched
def tell_of_registration(sender: type[User], user: User, **kwargs: Any) -> None:
    public.registered(user)


@watched
def announce_change_of_user(
    sender: type[User],
    instance: User,
    created: bool,
    update_fields: frozenset[str] | None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    if not raw and not created:
        events.user_changed(instance, update_fields)


@watched
def number_session(sender: type[User], request: HttpRequest, **kwargs: Any) -> None:
    number_sign_in(request.session)


@watched
def announce_sign_out(sender: type[Session], instance: Session, **kwargs: Any) -> None:
    events.sign_in_ended(instance)


@watched
def announce_revocation(sender: type[Token], instance: Token, **kwargs: Any) -> None:
    events.token_revoked(instance)

"""Posts of the demo users, with replies, likes, two pictures and a poll."""

import io
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from livefeed.demo.pictures import DRAWINGS
from livefeed.demo.texts import LIKES, PICTURES, POLLS, POSTS, REPLIES, DemoPicture, DemoPoll, DemoReply
from livefeed.models import Like, NewPoll, Picture, Post, User
from livefeed.models.picture import Attachment

POLL_DURATION = timedelta(days=7)


def create_posts(users: Mapping[str, User]) -> None:
    """Creates the posts of the past three days, then replies, likes, pictures and polls."""
    now = timezone.now()
    for post in POSTS:
        moment = now - timedelta(hours=post.hours_ago)
        Post(author=users[post.author], title=post.title, body=post.body, created_at=moment).save()
    for reply in REPLIES:
        _create_reply(users[reply.author], reply, now)
    for beginning, usernames in LIKES.items():
        for username in usernames:
            Like.objects.add(users[username], _post(beginning))
    for picture in PICTURES:
        _attach(picture)
    for poll in POLLS:
        _ask(users, poll)


def _post(beginning: str) -> Post:
    found: Post = Post.objects.get(body__startswith=beginning)
    return found


def _create_reply(author: User, demo_reply: DemoReply, now: datetime) -> None:
    parent = _post(demo_reply.to)
    moment = min(now, parent.created_at + timedelta(minutes=demo_reply.minutes_later))
    reply = Post(author=author, body=demo_reply.body, created_at=moment)
    reply.set_parent(parent)
    reply.save()


def _attach(demo_picture: DemoPicture) -> None:
    """Adds a picture to a post without events, as if the post had been created with it."""
    post = _post(demo_picture.to)
    file = io.BytesIO()
    DRAWINGS[demo_picture.drawing]().save(file, "PNG")
    picture = Picture.objects.store(post.author, ContentFile(file.getvalue()))
    Picture.objects.attach(post, [Attachment(picture.pk, demo_picture.description)])
    Post.objects.silently().filter(pk=post.pk).update(pictures_count=1)


def _ask(users: Mapping[str, User], demo_poll: DemoPoll) -> None:
    """Adds a poll with votes to a post, as if the post had been created with it."""
    post = _post(demo_poll.to)
    NewPoll(tuple(demo_poll.options), is_multiple=False, duration=POLL_DURATION).attach_to(post)
    Post.objects.silently().filter(pk=post.pk).update(has_poll=True)
    options = post.poll.options.all()
    for username, place in demo_poll.votes.items():
        post.poll.vote(users[username], [options[place].pk])

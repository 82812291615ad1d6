"""Followers by the ten thousand who asked to be told of each new post; run by `bench.inside` beside a server."""

from bench.people import BATCH
from livefeed.models import Follow, Notification, User


def main(count: str) -> None:
    """Lets `count` more people follow the author, their bells on."""
    author = User.objects.order_by("pk")[0]
    people = [User(username=f"ringer{n}", name=f"Ringer {n}", password=f"!{n}") for n in range(int(count))]
    made = User.objects.bulk_create(people, batch_size=BATCH)
    follows = [Follow(follower=person, followed=author, bell=True) for person in made]
    Follow.objects.bulk_create(follows, batch_size=BATCH)
    Notification.objects.all().delete()

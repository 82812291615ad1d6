"""Followers in bulk who asked to be notified of each new post. Run by `bench.inside` while a server runs."""

from bench.people import BATCH
from livefeed.models import Follow, Notification, User


def main(count: str) -> None:
    """Creates `count` more followers of the author, with notifications of new posts."""
    author = User.objects.order_by("pk")[0]
    people = [User(username=f"ringer{n}", name=f"Ringer {n}", password=f"!{n}") for n in range(int(count))]
    made = User.objects.bulk_create(people, batch_size=BATCH)
    follows = [Follow(follower=person, followed=author, bell=True) for person in made]
    Follow.objects.bulk_create(follows, batch_size=BATCH)
    Notification.objects.all().delete()

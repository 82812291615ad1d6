"""Whom somebody may like to follow."""

from collections import Counter

from livefeed.models import Follow, Post, User

MOST = 5
NEAR, FOLLOWS_LOOKED_AT, SUGGESTED_AMONG = 100, 2_000, 50
"""Of how many of those one follows, the latest ones, how many follows are looked at to find whom else one may like to
follow; and among how many such people."""
RECENT_POSTS = 200
"""Among the authors of how many posts the others are looked for."""


def people_to_follow(viewer: User, most: int = MOST) -> list[User]:
    """Up to `most` active people whom `viewer` does not follow yet: first whom many of those follow whom the viewer
    does, then who posted lately. The former have a `known_by`: "Ada", "Ada and 2 others"."""
    others = User.objects.filter(is_active=True).exclude(pk=viewer.pk).exclude(followers__follower=viewer)
    counts, first = _followed_near(viewer)
    best = [person for person, _ in counts.most_common(SUGGESTED_AMONG)]
    found = others.in_bulk(best)
    people = [found[person] for person in best if person in found][:most]
    names = User.objects.in_bulk({first[person.pk] for person in people})
    for person in people:
        person.known_by = _and_others(names[first[person.pk]].display_name, counts[person.pk] - 1)
    if len(people) < most:
        lately = Post.objects.order_by("-created_at", "-pk").values("author")[:RECENT_POSTS]
        rest = others.filter(pk__in=lately).exclude(pk__in=found)
        people += rest.order_by("-pk")[: most - len(people)]
    return people


def _followed_near(viewer: User) -> tuple[Counter[int], dict[int, int]]:
    """How many of those whom `viewer` followed last follow each person, by id; and the latest of them."""
    near = list(viewer.following.order_by("-pk").values_list("followed", flat=True)[:NEAR])
    follows = Follow.objects.filter(follower__in=near).order_by("-pk").values_list("follower", "followed")
    counts, first = Counter[int](), dict[int, int]()
    for follower, followed in follows[:FOLLOWS_LOOKED_AT] if near else ():
        counts[followed] += 1
        first.setdefault(followed, follower)
    return counts, first


def _and_others(name: str, others: int) -> str:
    return f"{name} and {others} other{'s' if others > 1 else ''}" if others else name

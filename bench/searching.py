"""Searches among many posts, in the database that `bench.home` filled. Run by `bench.inside`."""

import json
from datetime import timedelta
from urllib.parse import quote

from django.test import Client
from django.utils import timezone

from bench.home import deep, measured
from livefeed.models import Post, User

RARE = "zanzibar"
"""A word of three posts."""


def main() -> None:
    """Prints the figures of the first page of each kind of search, and of one far down for a frequent word, as JSON."""
    reader = User.objects.get(username="user1")
    if not Post.objects.filter(body__startswith=RARE).exists():
        Post.objects.bulk_create(Post(author=reader, body=f"{RARE} {number}") for number in range(3))
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(reader)
    figures = {name: measured(client, address(text)) for name, text in searches().items()}
    figures["page 50"] = measured(client, deep(client, address("the")))
    print(json.dumps(figures))


def searches() -> dict[str, str]:
    half_a_year_ago = timezone.now() - timedelta(days=180)
    return {
        "frequent": "the",
        "two words": "reading lamp",
        "rare": RARE,
        "nothing": "qwertzuiop",
        "apart": "simenon observatory",
        "phrase": '"the reading room"',
        "beginning": "cat*",
        "author": "from:user1 the",
        "tag": "#coffee the",
        "before": f"the before:{half_a_year_ago:%Y-%m-%d}",
    }


def address(text: str) -> str:
    return f"/search/?q={quote(text)}"

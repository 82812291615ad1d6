"""Likes in bulk by a separate process. Run by `bench.inside` while a server runs."""

import json
import time

from livefeed.models import Like, Post, User


def main(pk: str, count: str, rate: str) -> None:
    """Likes a post as each of the first `count` followers of the author, `rate` a second (0: without a pause).

    Prints the start and end, as CLOCK_MONOTONIC, as JSON.
    """
    post = Post.objects.get(pk=pk)
    people = list(User.objects.filter(following__followed=post.author).order_by("pk")[: int(count)])
    began = time.monotonic()
    for number, person in enumerate(people):
        if int(rate):
            time.sleep(max(0, began + number / int(rate) - time.monotonic()))
        Like.objects.add(person, post)
    print(json.dumps([began, time.monotonic()]))

"""Likes by the thousand, in a process of their own; run by `bench.inside` beside a server."""

import json
import time

from livefeed.models import Like, Post, User


def main(pk: str, count: str, rate: str) -> None:
    """Lets the first `count` people who follow the author like a post, `rate` a second (0: without a pause). Prints
    when that began and ended, as CLOCK_MONOTONIC has it."""
    post = Post.objects.get(pk=pk)
    people = list(User.objects.filter(following__followed=post.author).order_by("pk")[: int(count)])
    began = time.monotonic()
    for number, person in enumerate(people):
        if int(rate):
            time.sleep(max(0, began + number / int(rate) - time.monotonic()))
        Like.objects.add(person, post)
    print(json.dumps([began, time.monotonic()]))

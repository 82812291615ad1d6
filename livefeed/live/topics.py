"""Topics: the routing keys of events. A view subscribes to topics; an event reaches the views that share one with it.

A topic is a word, or a word and a key: `public`, `author:5`, `tag:bread`. An event stores its topics as text, separated
and surrounded by blanks, so that a database can search it for one of them.
"""

from collections.abc import Iterable

Topics = frozenset[str]
SITE = "site"
"""Topic to which every view subscribes."""


def topic(name: str, key: int | str = "") -> str:
    """Returns the topic `name:key`, or `name` without a key."""
    return f"{name}:{key}" if key != "" else name


def encode(topics: Iterable[str]) -> str:
    """Returns topics as an event stores them; empty without any. Raises `ValueError` if a topic contains a blank: what
    follows it would be another topic."""
    ordered = sorted(topics)
    text = " ".join(ordered)
    if text.split() != ordered:
        raise ValueError(f"A topic must not contain blanks, or be empty: {ordered}")
    return f" {text} " if text else ""


def decode(text: str) -> Topics:
    """Returns the topics that an event stores as `text`."""
    return frozenset(text.split())


def keys_of(name: str, topics: Topics) -> list[int]:
    """Returns the keys of all topics `name:key` whose keys are ids."""
    prefix = f"{name}:"
    return [int(each.removeprefix(prefix)) for each in topics if each.startswith(prefix)]

"""Texts of the demo users, read from texts.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

_TEXTS = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class DemoUser:
    """A demo user; `follows` are user names."""

    name: str
    follows: list[str]
    about: str = ""
    link: str = ""


@dataclass(frozen=True)
class DemoPost:
    """A post of the past three days."""

    author: str
    hours_ago: float
    body: str
    title: str = ""


@dataclass(frozen=True)
class DemoReply:
    """A reply to the post or reply that begins with `to`."""

    author: str
    to: str
    minutes_later: int
    body: str


@dataclass(frozen=True)
class DemoPicture:
    """A picture for the post that begins with `to`; `drawing` names a function of pictures.py."""

    to: str
    drawing: str
    description: str


@dataclass(frozen=True)
class DemoPoll:
    """A poll for the post that begins with `to`; `votes` are places of options by user name."""

    to: str
    options: list[str]
    votes: dict[str, int]


@dataclass(frozen=True)
class Voice:
    """Sentences for generated posts of one author: an opening alone, or with sequels."""

    titles: list[str]
    openings: list[str]
    sequels: list[str]


USERS = {username: DemoUser(**fields) for username, fields in _TEXTS["users"].items()}
POSTS = [DemoPost(**fields) for fields in _TEXTS["posts"]]
REPLIES = [DemoReply(**fields) for fields in _TEXTS["replies"]]
LIKES: dict[str, list[str]] = _TEXTS["likes"]
"""User names by the beginning of the post that they like."""
PICTURES = [DemoPicture(**fields) for fields in _TEXTS["pictures"]]
POLLS = [DemoPoll(**fields) for fields in _TEXTS["polls"]]
VOICES = {username: Voice(**fields) for username, fields in _TEXTS["voices"].items()}

TITLES = [title for voice in VOICES.values() for title in voice.titles]
SENTENCES = [sentence for voice in VOICES.values() for sentence in voice.openings + voice.sequels]

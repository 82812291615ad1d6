"""A page's list of posts without a browser, kept true as static/js/feed.js keeps it."""

import re
from dataclasses import dataclass
from typing import Any, Self

ARTICLE = re.compile(r"<article [^>]*>.*?</article>", re.DOTALL)
LIST = re.compile(r'<div id="posts"[^>]*>')
OLDER = re.compile(r'<a class="older" href="([^"]*)"')


@dataclass(frozen=True)
class Article:
    """One post as it is shown; of two, the one with the greater sort key stands above."""

    id: int
    version: int
    sort: str
    html: str

    @classmethod
    def of(cls, html: str) -> Self:
        """The article whose HTML this is."""
        attributes = attributes_of(html)
        return cls(int(attributes["data-post"]), int(attributes["data-version"]), attributes["data-sort"], html)


def attributes_of(html: str) -> dict[str, str]:
    """The attributes of the first element in `html`."""
    return dict(re.findall(r'([\w-]+)="([^"]*)"', html[: html.index(">")]))


def has_list(html: str) -> bool:
    """Whether there is a list of posts in an answer."""
    return LIST.search(html) is not None


class PostList:
    """What a page shows, from top to bottom, and what it remembers as removed."""

    def __init__(self) -> None:
        self.shown: list[Article] = []
        self.removed: set[int] = set()
        self.view = ""
        self.older = ""
        """Where the posts below are; empty if there are none."""
        self._versions: dict[int, int] = {}

    @property
    def ids(self) -> list[int]:
        return [article.id for article in self.shown]

    def take_over(self, html: str) -> int:
        """Shows what a page, or its list read anew, holds; returns the position in the log that it was read at. Raises
        `ValueError` if there is no list in it."""
        found = LIST.search(html)
        if found is None:
            raise ValueError(f"no list of posts in {html[:200]!r}")
        attributes = attributes_of(found.group())
        self.view = attributes["data-view"]
        self.shown, self._versions = [], {}
        self.append(html[found.end() :])
        return int(attributes["data-cursor"])

    def append(self, html: str) -> None:
        """Puts older posts below what is shown."""
        articles = [Article.of(article) for article in ARTICLE.findall(html)]
        self.shown += articles
        self._versions |= {article.id: article.version for article in articles}
        link = OLDER.search(html)
        self.older = link.group(1) if link else ""

    def put(self, frame: dict[str, Any]) -> bool:
        """Takes a post that was pushed; False if the page has this version already or a newer one, or removed it for
        good."""
        article = Article(frame["id"], frame["version"], frame["sort"], frame["html"].strip())
        if frame["type"] == "post.created":
            self.removed.discard(article.id)  # it was brought back
        if article.id in self.removed or self._versions.get(article.id, 0) >= article.version:
            return False
        if article.id in self._versions:
            self.shown[self.ids.index(article.id)] = article
            self._versions[article.id] = article.version
        else:
            self._insert(article)
        return True

    def clear(self) -> None:
        """Shows nothing any more."""
        for post_id in list(self._versions):
            self.remove(post_id)

    def remove(self, post_id: int) -> bool:
        """Takes a post away and never shows it again; False if that was known."""
        is_news = post_id not in self.removed
        self.removed.add(post_id)
        if self._versions.pop(post_id, None):
            del self.shown[self.ids.index(post_id)]
        return is_news

    def _insert(self, article: Article) -> None:
        """Puts a post where its sort key belongs; below all that is shown only if nothing older is left out there."""
        place = next((place for place, shown in enumerate(self.shown) if shown.sort < article.sort), len(self.shown))
        if place == len(self.shown) and self.older:
            return
        self.shown.insert(place, article)
        self._versions[article.id] = article.version

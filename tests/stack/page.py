"""The list of posts on a page, updated as static/js/feed.js does, without a browser."""

import re
from dataclasses import dataclass
from typing import Any, Self

ARTICLE = re.compile(r"<article [^>]*>.*?</article>", re.DOTALL)
LIST = re.compile(r'<div id="posts"[^>]*>')
OLDER = re.compile(r'<a class="older" href="([^"]*)"')


@dataclass(frozen=True)
class Article:
    """A post as it is shown; posts are in descending order of their sort key."""

    id: int
    version: int
    sort: str
    html: str

    @classmethod
    def of(cls, html: str) -> Self:
        """Parses the HTML of an article."""
        attributes = attributes_of(html)
        return cls(int(attributes["data-post"]), int(attributes["data-version"]), attributes["data-sort"], html)


def attributes_of(html: str) -> dict[str, str]:
    """Returns the attributes of the first element in `html`."""
    return dict(re.findall(r'([\w-]+)="([^"]*)"', html[: html.index(">")]))


def has_list(html: str) -> bool:
    """True if an answer contains a list of posts."""
    return LIST.search(html) is not None


class PostList:
    """Posts that a page shows, from top to bottom, and ids of removed posts."""

    def __init__(self) -> None:
        self.shown: list[Article] = []
        self.removed: set[int] = set()
        self.view = ""
        self.older = ""
        """Address of the older posts; empty if there are none."""
        self._versions: dict[int, int] = {}

    @property
    def ids(self) -> list[int]:
        return [article.id for article in self.shown]

    def replace(self, html: str) -> int:
        """Shows the posts of a page or of its refetched list; returns the log position at which it was read.

        Raises `ValueError` if the HTML contains no list.
        """
        found = LIST.search(html)
        if found is None:
            raise ValueError(f"no list of posts in {html[:200]!r}")
        attributes = attributes_of(found.group())
        self.view = attributes["data-view"]
        self.shown = []
        self._versions = {}
        self.append(html[found.end() :])
        return int(attributes["data-cursor"])

    def append(self, html: str) -> None:
        """Adds older posts at the bottom."""
        articles = [Article.of(article) for article in ARTICLE.findall(html)]
        self.shown += articles
        self._versions |= {article.id: article.version for article in articles}
        link = OLDER.search(html)
        self.older = link.group(1) if link else ""

    def put(self, frame: dict[str, Any]) -> bool:
        """Adds or updates a post from a frame.

        Returns False if the page has this version or a newer one, or the post was removed.
        """
        article = Article(frame["id"], frame["version"], frame["sort"], frame["html"].strip())
        if frame["type"] == "post.created":
            self.removed.discard(article.id)  # it was restored
        if article.id in self.removed or self._versions.get(article.id, 0) >= article.version:
            return False
        if article.id in self._versions:
            self.shown[self.ids.index(article.id)] = article
            self._versions[article.id] = article.version
        else:
            self._insert(article)
        return True

    def clear(self) -> None:
        """Removes all posts."""
        for post_id in list(self._versions):
            self.remove(post_id)

    def remove(self, post_id: int) -> bool:
        """Removes a post for good; returns False if it was removed already."""
        is_new = post_id not in self.removed
        self.removed.add(post_id)
        if self._versions.pop(post_id, None):
            del self.shown[self.ids.index(post_id)]
        return is_new

    def _insert(self, article: Article) -> None:
        """Inserts a post by its sort key; at the bottom only if the page shows all older posts."""
        place = next((place for place, shown in enumerate(self.shown) if shown.sort < article.sort), len(self.shown))
        if place == len(self.shown) and self.older:
            return
        self.shown.insert(place, article)
        self._versions[article.id] = article.version

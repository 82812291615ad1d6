"""Compares the two statements of a declaration about who may see a row: `visible_to` and `may_see`."""

from collections.abc import Iterable, Iterator

from django.db.models import Model

from livefeed.live.declarations import LiveModel, get_live_model
from livefeed.live.entries import LogEntry
from livefeed.live.explanations import StoredReader
from livefeed.live.readers import View
from livefeed.live.topics import decode, encode
from livefeed.models import User


class SampleReader(StoredReader):
    """A reader whose page shows everything."""

    def has_reported(self, subject_id: int) -> bool:
        return True


def check_visibility(model: type[Model], users: Iterable[User | None]) -> None:
    """Asserts that each user (None: a visitor) sees the same rows of a live model on pages (`visible_to`) as in events
    (`fetch`, `may_see` and `matcher`), and that some rows are visible to some users and hidden from others."""
    live_model = get_live_model(model)
    rows = list(live_model.model._base_manager.all())
    found = {row.pk: row for row in live_model.fetch([row.pk for row in rows])}
    answers = set()
    for user in users:
        visible = set(live_model.visible_to(user).values_list("pk", flat=True))
        for row in rows:
            is_visible = row.pk in visible
            answers.add(is_visible)
            receives = {name: row.pk in found and answer for name, answer in _rules(live_model, row, user)}
            expected = dict.fromkeys(receives, is_visible)
            assert receives == expected, f"{user or 'a visitor'}, {row!r}: visible_to says {is_visible}"
    assert answers == {True, False}, "The rows and users of this check do not differ: add a hidden and a visible row."


def _rules[M: Model](live_model: LiveModel[M], row: M, user: User | None) -> Iterator[tuple[str, bool]]:
    """Yields what `may_see` says, and `matcher` for a view with all topics of the row."""
    topics = frozenset(live_model.topics(row))
    assert decode(encode(topics)) == topics, f"Topics must be words without blanks: {topics}"
    audience, actor_id = live_model.audience(row), live_model.actor_id(row)
    entry = LogEntry(1, live_model.created, row.pk, actor_id, 0.0, audience, topics)
    reader = SampleReader.of(user)
    yield "may_see", live_model.may_see(reader, entry)
    yield "matcher", live_model.matcher(entry)(reader, View("all", topics=topics))

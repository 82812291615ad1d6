"""Traces: the path of a change through receivers, commit and hub, and explanations of what open pages receive."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from livefeed.live import trace_records, traces, tracing
from livefeed.live.declarations import live_model_named
from livefeed.live.explanations import Explanation, explain
from livefeed.live.publishing import publish
from livefeed.live.topics import SITE
from livefeed.live.trace_records import Records
from livefeed.live.traces import Trace
from livefeed.models import Post, User
from tests.factories import make_post
from tests.live.conftest import head, wait_until_delivered

post_it = sync_to_async(make_post)


async def trace_of(subject_id: int, kind: str = "post.created") -> Trace:
    """Returns the only trace with this event."""
    await wait_until_delivered()
    found = await sync_to_async(traces.recent)()
    key = (kind, subject_id)
    (trace,) = (trace for trace in found if key in [(event.kind, event.subject_id) for event in trace.events])
    return trace


async def why(user: User | None, post: Post) -> Explanation:
    await wait_until_delivered()
    return await sync_to_async(explain)(live_model_named("post"), post.pk, user)


# --- Traces ---


async def test_a_post_appears_with_all_stages(read, cast):
    readers = [await read(user) for user in (cast.author, cast.follower, cast.stranger)]
    post = await post_it(cast.author, "Good morning. #tea")

    trace = await trace_of(post.pk)

    assert [stage.name for stage in trace.stages] == [
        *("clean_title", "extract_tags", "save"),
        *("write_post_event", "send_post_signal", "index_tags", "invalidate_post", "notify_of_post"),
        *("count_reply", "count_post"),
        *("commit", "wake-up", "read", "render", "dispatch", "write"),
    ]
    stages = {stage.name: stage for stage in trace.stages}
    assert stages["extract_tags"].signal == "pre_save"
    assert stages["write_post_event"].note.startswith("1 query, ")
    assert stages["write_post_event"].note.endswith("writes post.created")
    assert stages["write"].note.startswith("2 sockets; slowest ")
    assert all(stage.ms >= 0 for stage in trace.stages)
    assert trace.sockets == len(readers) - 1
    assert trace.label == f"post {post.pk}: Good morning. #tea"
    (event,) = trace.events
    assert event.receiver.endswith(".write_post_event")
    assert event.position == await head()


async def test_receivers_that_were_rolled_back_are_in_no_trace(hub, cast):
    @sync_to_async
    def post_after_a_rollback() -> Post:
        with transaction.atomic():
            make_post(cast.author, "Undone.")
            transaction.set_rollback(True)
        return make_post(cast.author, "Done.")

    post = await post_after_a_rollback()

    trace = await trace_of(post.pk)
    assert trace.label.endswith(": Done.")
    assert [stage.name for stage in trace.stages].count("write_post_event") == 1


async def test_a_reply_shows_the_event_that_its_receiver_published_inside_another(hub, cast):
    parent = await post_it(cast.author)
    reply = await sync_to_async(make_post)(cast.stranger, "Yes.", parent=parent)

    trace = await trace_of(reply.pk)

    written = {event.kind: event.receiver.rpartition(".")[2] for event in trace.events}
    assert written["post.created"] == "write_post_event"
    assert written["post.counted"] == "count_reply"


async def test_events_of_a_process_that_cannot_be_asked_are_shown_without_receivers(hub, cast):
    post = await post_it(cast.author)
    await wait_until_delivered()
    tracing.changes.clear()  # as in another process

    trace = await trace_of(post.pk)

    assert trace.change is None
    assert [stage.name for stage in trace.stages] == ["read", "render", "dispatch", "write"]


async def test_an_event_outside_a_transaction_is_traced(hub):
    await sync_to_async(publish)("feed.reset", subject_id=123_456, topics=[SITE])

    trace = await trace_of(123_456, "feed.reset")

    assert [stage.name for stage in trace.stages] == ["commit", "wake-up", "read", "render", "dispatch", "write"]


async def test_traces_hold_no_text_of_posts_for_followers(hub, cast):
    post = await post_it(cast.author, "Only between us.", audience="followers")

    trace = await trace_of(post.pk)

    assert trace.label == f"post {post.pk}"
    assert "between us" not in repr(trace_records.records_here())


async def test_memory_is_bounded(hub, cast, monkeypatch):
    monkeypatch.setattr(tracing, "MAX_RECORDS", 2)
    post = await post_it(cast.author)

    trace = await trace_of(post.pk)

    assert len(trace.calls) == 2
    assert tracing.changes.maxlen == 200


async def test_records_survive_the_way_to_another_process(read, cast):
    await read(cast.follower)
    await post_it(cast.author)
    await wait_until_delivered()
    records = trace_records.records_here()

    sent = json.loads(json.dumps(records.as_message()))

    assert Records.from_message(sent) == records


# --- Explanations ---


async def test_the_page_of_a_follower_receives_the_post(read, cast):
    await read(cast.follower)
    post = await post_it(cast.author)

    explanation = await why(cast.follower, post)

    assert explanation.is_visible
    assert explanation.reasons == []
    assert explanation.receiver == "livefeed.signals.receivers.posts.write_post_event"
    (sight,) = explanation.sights
    assert (sight.view, sight.is_match, sight.topics) == ("home", True, [f"author:{cast.author.pk}"])
    assert sight.state == "has passed the event"


async def test_an_open_page_that_does_not_receive_the_post_says_why(read, cast):
    await read(cast.stranger)
    post = await post_it(cast.author)

    explanation = await why(cast.stranger, post)

    assert explanation.is_visible  # it is public
    (sight,) = explanation.sights
    assert (sight.view, sight.is_match, sight.topics) == ("home", False, [])
    assert "does not follow the author" in sight.reason


async def test_a_page_that_shows_other_posts_says_so(read, cast):
    old = await post_it(cast.author, "Old.")
    shown = await post_it(cast.author, "Shown.")
    page = await read(cast.follower)
    await page.shows(shown.pk)
    await sync_to_async(old.edit)(title="", body="New.", seen_version=1)

    explanation = await why(cast.follower, old)

    assert explanation.entry
    assert explanation.entry.kind == "post.updated"
    assert "has reported which posts it shows" in explanation.sights[0].reason


def restrict(cast: Any) -> Post:
    return make_post(cast.author, audience="followers")


def remove(cast: Any) -> Post:
    post = make_post(cast.author)
    post.remove()
    return post


def suspend(cast: Any) -> Post:
    post = make_post(cast.author)
    cast.author.is_active = False
    cast.author.save()
    return post


def delete(cast: Any) -> Post:
    post = make_post(cast.author)
    pk = post.pk
    post.delete()
    return Post(pk=pk)


@pytest.mark.parametrize(
    ("act", "viewer", "reason"),
    [
        (restrict, "stranger", "It is for followers, and @stranger does not follow @author."),
        (restrict, None, "It is for followers of the author, and visitors follow no one."),
        (remove, "follower", "Its author has removed it."),
        (suspend, "follower", "Its author, @author, is suspended."),
        (delete, "follower", "It does not exist: it was deleted, or never committed."),
    ],
)
async def test_the_reason_why_pages_do_not_show_a_post(
    hub, cast, act: Callable[[Any], Post], viewer: str | None, reason: str
):
    post = await sync_to_async(act)(cast)

    explanation = await why(getattr(cast, viewer) if viewer else None, post)

    assert not explanation.is_visible
    assert explanation.reasons == [reason]


async def test_a_reply_to_an_unknown_author_is_not_in_the_home_feed(hub, cast):
    other = await post_it(cast.stranger)
    reply = await sync_to_async(make_post)(cast.author, "Yes.", parent=other)

    explanation = await why(cast.follower, reply)

    (sight,) = explanation.sights
    assert (sight.state, sight.is_match) == ("", False)
    assert "author of the post above" in sight.reason

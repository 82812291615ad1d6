"""Announcements on open pages and in programs: who receives them and their dismissals, also after an absence."""

import pytest
from asgiref.sync import sync_to_async

from consumers.connections.close_codes import REFUSED
from livefeed.models import Announcement, Dismissal
from tests.factories import Cast, make_announcement, make_post
from tests.live.conftest import head, wait_until_delivered
from tests.live.endings import end_of
from tests.live.test_events_consumer import run  # noqa: F401  # a fixture
from tests.views.test_admin import make_staff

announce = sync_to_async(make_announcement)
dismiss = sync_to_async(Dismissal.objects.add)
save = sync_to_async(Announcement.save)


async def test_pages_of_all_kinds_receive_an_announcement_its_changes_and_its_end(read, cast: Cast):
    post = await sync_to_async(make_post)(cast.author)
    views = ["home", "public", "shown", "user:author", "replies:author", "media:author", "tag:one", f"post:{post.pk}"]
    pages = [await read(cast.stranger, f"view={view}") for view in views]
    pages += [await read(None, f"view={view}") for view in views[1:]]
    announcement = await announce("*Tonight*.")
    pk = announcement.pk
    for kind, change in (("created", None), ("updated", announcement.save), ("deleted", announcement.delete)):
        if change:
            await sync_to_async(change)()
        for page in pages:
            (frame,) = await page.frames(f"announcement.{kind}")
            assert frame["id"] == pk


async def test_a_frame_contains_the_fragment_or_json(read, run, cast: Cast):  # noqa: F811
    page, program = await read(None), await run(cast.follower)
    announcement = await announce("*Tonight*.", requires_acknowledgement=True)
    (frame,) = await page.frames("announcement.created")
    assert f'id="announcement-{announcement.pk}"' in frame["html"]
    assert "<em>Tonight</em>" in frame["html"]
    assert "csrf" not in frame["html"]
    (frame,) = await program.frames("announcement.created")
    assert frame["announcement"] == {
        "id": announcement.pk,
        "text": "*Tonight*.",
        "html": "<p><em>Tonight</em>.</p>\n",
        "requires_acknowledgement": True,
        "starts_at": announcement.starts_at.isoformat(),
        "ends_at": announcement.ends_at.isoformat(),
    }


async def test_an_upcoming_announcement_stays_secret(read):
    page = await read(None)
    upcoming = await announce("Secret.", starts_in=5)
    await save(upcoming)
    assert await page.rest() == []


async def test_a_page_that_was_away_receives_the_present_state_once(read, cast: Cast):
    shown = await announce("Shown before.")
    start = await head()
    new = await announce("Draft.")
    new.text = "Final."
    await save(new)
    gone = await announce("Gone again.")
    await sync_to_async(gone.delete)()
    await sync_to_async(shown.delete)()
    await wait_until_delivered()
    for reader in (cast.stranger, None):
        frames = await (await read(reader, f"view=public&after={start}")).rest()
        kinds = [frame["type"] for frame in frames]
        assert kinds == ["announcement.created", "announcement.deleted", "announcement.deleted"]
        assert "Final." in frames[0]["html"]


async def test_a_dismissal_reaches_all_pages_of_the_user_and_no_one_else(read, run, cast: Cast):  # noqa: F811
    announcement = await announce()
    start = await head()
    pages = [await read(cast.follower, f"view={view}") for view in ("home", "shown", "tag:one")]
    program = await run(cast.follower)
    others = [await read(cast.author), await read(cast.stranger), await read(None), await run(cast.author)]
    await dismiss(cast.follower, announcement)
    for reader in (*pages, program):
        (frame,) = await reader.frames("dismissal.created")
        assert frame["announcement"] == announcement.pk
    assert [await other.rest() for other in others] == [[]] * 4
    await wait_until_delivered()
    assert len(await (await read(cast.follower, f"view=shown&after={start}")).rest()) == 1
    assert await (await read(cast.stranger, f"view=shown&after={start}")).rest() == []


async def test_a_dismissal_is_replayed_although_the_announcement_changed_after_it(read, cast: Cast):
    announcement = await announce()
    start = await head()
    await dismiss(cast.follower, announcement)
    await save(announcement)
    await wait_until_delivered()
    page = await read(cast.follower, f"view=home&after={start}")
    await page.frames("dismissal.created", "announcement.updated")


async def test_staff_follow_who_has_read_an_announcement(read, cast: Cast):
    operator = await sync_to_async(make_staff)("operator", "livefeed.view_announcement")
    announcement, other = await announce(requires_acknowledgement=True), await announce()
    page = await read(operator, f"view=announcement:{announcement.pk}")
    await dismiss(cast.stranger, other)
    await dismiss(cast.author, announcement)
    (frame,) = await page.frames("dismissal.created")
    assert set(frame) == {"type", "cursor", "id", "announcement"}  # names are read over HTTP
    assert await page.rest() == []


@pytest.mark.parametrize("view", ["announcement:{}", "announcement:", "announcement:x", "announcement:999999"])
async def test_only_staff_open_the_view_of_an_existing_announcement(read, cast: Cast, view):
    announcement = await announce()
    view = view.format(announcement.pk)
    readers = [cast.author, None, await sync_to_async(make_staff)("powerless")]
    if not view.endswith(str(announcement.pk)):
        readers.append(await sync_to_async(make_staff)("operator", "livefeed.change_announcement"))
    for reader in readers:
        socket = await read(reader, f"view={view}", hello=False)
        assert await end_of(socket) == ("unknown_view", REFUSED)

"""Pages with traces, for staff, and `manage.py trace`."""

import re
from io import StringIO

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client

from livefeed.live import tracing
from livefeed.models import Post
from livefeed.observability import trace_report
from tests.factories import Cast, make_post, make_user, signed_in
from tests.stack.people import Person
from tests.views.html import Page

PATHS = ["/admin/live/", "/admin/live/1/", "/admin/live/why/?row=post+1", "/admin/live/report/"]


@pytest.fixture(autouse=True)
def _forget_earlier_changes() -> None:
    tracing.changes.clear()
    tracing.deliveries.clear()


@pytest.fixture
def staff(db) -> Client:
    return signed_in(make_user("operator", is_staff=True, is_superuser=True))


@pytest.fixture
def traced_post(transactional_db, cast: Cast) -> Post:
    """A post whose transaction has been committed."""
    return make_post(cast.author, "Good morning.")


@pytest.mark.parametrize("path", PATHS)
def test_only_staff_see_traces(path, author, visitor):
    assert [client.get(path).status_code for client in (author, visitor)] == [403, 403]


def test_staff_find_a_change_by_its_text(staff, traced_post):
    assert "/admin/live/" in staff.get("/admin/").text

    assert "Good morning." in staff.get("/admin/live/?q=GOOD").text
    assert "No recent change" in staff.get("/admin/live/?q=evening").text


def test_a_change_is_shown_stage_by_stage(staff, traced_post):
    links = [link["href"] for link in Page(staff.get("/admin/live/?q=morning")).all("a")]

    page = staff.get(next(link for link in links if re.fullmatch(r"/admin/live/\d+/", link))).text

    assert "write_post_event" in page
    assert "commit" in page
    assert "No hub has read its events yet." in page
    assert f'value="post {traced_post.pk}"' in page  # of the question why a user does not see it
    assert staff.get("/admin/live/1/").status_code == 404


@pytest.mark.parametrize("row", ["post {pk}", "post:{pk}", "/posts/{pk}/", "http://127.0.0.1:8000/posts/{pk}/"])
def test_staff_ask_why_a_user_does_not_see_a_post(staff, cast, traced_post, row):
    traced_post.remove()

    page = staff.get("/admin/live/why/", {"row": row.format(pk=traced_post.pk), "user": "@follower"}).text

    assert f"@follower does not see post {traced_post.pk}" in page
    assert "Its author has removed it." in page


def test_what_cannot_be_explained_is_said_and_what_was_typed_stays(staff, cast):
    page = staff.get("/admin/live/why/", {"row": "no such text", "user": "nobody"}).text

    assert "No recent change has this text." in page
    assert "There is no user @nobody." in page
    assert 'value="no such text"' in page


# --- manage.py trace ---


def report(**query: str):
    token = trace_report.SIGNER.sign(trace_report.SIGNED_TEXT)
    return Client().get("/admin/live/report/", query, headers={"Authorization": f"Bearer {token}"})


def test_the_command_reads_a_trace_with_a_signed_request(traced_post):
    found = report(q="morning").text

    assert "write_post_event" in found
    assert "post.created" in report().text
    assert report(last="1").text == found
    assert report(q="evening").status_code == 404


def test_the_command_reads_an_explanation(cast, traced_post):
    found = report(q="morning", user="stranger").text

    assert found.startswith(f"@stranger sees post {traced_post.pk}")
    assert "does not follow the author" in found
    assert report(q="post 1", user="nobody").text == "There is no user @nobody."


def test_a_request_signed_for_something_else_is_refused(db):
    forged = signing.TimestampSigner(salt="other").sign(trace_report.SIGNED_TEXT)
    response = Client().get("/admin/live/report/", headers={"Authorization": f"Bearer {forged}"})
    assert response.status_code == 403


def test_the_command_says_that_no_site_answers():
    with pytest.raises(CommandError, match=r"No site answers at http://127\.0\.0\.1:9\."):
        call_command("trace", "--last", port=9, stdout=StringIO())


def test_the_command_prints_the_trace_of_the_running_site(site):
    author = Person(site, make_user("author"))
    output = StringIO()
    with author.listen(view="home") as page:
        author.send("/posts/", body="Good morning.")
        page.frame()
        call_command("trace", "good MORNING", port=site.port, stdout=output)

    assert "write_post_event" in output.getvalue()
    assert "1 socket; slowest" in output.getvalue()

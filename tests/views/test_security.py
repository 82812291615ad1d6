"""The security history of an account, without the input and the network addresses of other users."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from livefeed.models import AuditEntry, User
from tests.audited import make_mara
from tests.factories import PASSWORD, make_user, signed_in
from tests.views.html import Page

pytestmark = pytest.mark.django_db
SECURITY = "/settings/security/"
OPERATOR_ADDRESS = "198.51.100.77"
OTHER_ADDRESS = "203.0.113.9"
HOSTILE = '</bdi>\u202e"><script>\u2069'


@pytest.fixture
def user() -> User:
    return make_mara()


def page_of(user: User) -> Page:
    return Page(signed_in(user).get(SECURITY))


def ways(page: Page) -> list[str]:
    """Returns the actor and origin of each entry, newest first, without the sign-in of the viewing client."""
    return [" ".join(each.text.split()) for each in page.all("p", "entry-origin")][1:]


def from_address(user: User, address: str) -> Client:
    client = Client(REMOTE_ADDR=address)
    client.force_login(user)
    return client


def test_staff_are_named_without_their_network_address(user):
    staff = from_address(make_user("operator", is_staff=True, is_superuser=True), OPERATOR_ADDRESS)
    passwords = {"password1": "a new one here", "password2": "a new one here"}
    assert staff.post(f"/admin/livefeed/user/{user.pk}/password/", passwords).status_code == 302
    user.refresh_from_db()
    page = page_of(user)
    assert ways(page) == ["by @operator"]
    assert OPERATOR_ADDRESS not in page.html
    assert OPERATOR_ADDRESS in staff.get("/admin/livefeed/auditentry/").text


def test_former_staff_stay_named(user):
    operator = make_user("operator", is_staff=True)
    AuditEntry.objects.create(
        kind="account.changed", user_id=user.pk, actor_id=operator.pk, actor="operator", by_staff=True
    )
    User.objects.filter(pk=operator.pk).delete()
    assert ways(page_of(user)) == ["by @operator"]


def test_other_users_are_not_named(user):
    """Two users share a browser, and one opens the other's link while signed in."""
    other = make_user("other")
    AuditEntry.objects.create(
        kind="account.changed",
        user_id=user.pk,
        actor_id=other.pk,
        actor="other",
        address=OTHER_ADDRESS,
        changes={"email": []},
    )
    page = page_of(user)
    assert ways(page) == ["by someone else"]
    assert "other" not in page.html.replace("another", "")
    assert OTHER_ADDRESS not in page.html


def test_an_unknown_network_address_is_not_shown_as_the_server(user):
    from_address(user, "").post("/settings/profile/", {"name": "Maria"})
    assert ways(page_of(user)) == ["from an unknown address"] * 2


def test_a_request_that_bypasses_the_proxy_is_no_error(user, settings):
    client = from_address(user, OTHER_ADDRESS)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    answer = client.post("/settings/profile/", {"name": "Maria"}, headers={"X-Forwarded-For": "10.0.0.1"})
    assert answer.status_code == 302
    assert AuditEntry.objects.get(kind="account.changed").address == OTHER_ADDRESS


def test_hostile_names_are_isolated_from_the_text_around_them(user):
    user.groups.add(Group.objects.create(name=HOSTILE))
    for name in (HOSTILE, "x" * 50, ""):
        user.name = name
        user.save()
    operator = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    apart = "<bdi>&lt;/bdi&gt;\u202e&quot;&gt;&lt;script&gt;\u2069</bdi>"
    for html in (page_of(user).html, operator.get("/admin/livefeed/auditentry/").text):
        assert f"changed from “<bdi>Mara</bdi>” to “{apart}”" in html
        assert f"Given the group {apart}" in html
        assert f"Display name removed: “<bdi>{'x' * 50}</bdi>”" in html
        assert "<script>\u2069" not in html


def test_only_the_user_and_staff_with_the_permission_see_it(user):
    user.name = "Maria"
    user.save()
    stranger = signed_in(make_user("stranger"))
    staff = signed_in(make_user("helper", is_staff=True))
    assert "Maria" not in stranger.get(SECURITY).text
    assert stranger.get("/admin/livefeed/auditentry/").status_code == 302
    assert staff.get("/admin/livefeed/auditentry/").status_code == 403


def test_a_first_display_name_is_described():
    user = make_user("tove", name="")
    signed_in(user).post("/settings/profile/", {"name": "Tove"})
    assert [each.text for each in page_of(user).all("p", "entry-text")][1] == "Display name set to “Tove”"
    assert PASSWORD not in page_of(user).html

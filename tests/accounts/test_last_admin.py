"""The last administrator can be neither deleted, suspended nor demoted; the refusal names the reason."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from livefeed.accounts.last_admin import LastAdministratorError, administrators
from livefeed.models import User
from tests.factories import make_post, make_user, signed_in
from tests.models.at_once import at_once
from tests.views.html import Page

pytestmark = pytest.mark.django_db
SENTENCE = "@operator is the last administrator. Make another user an administrator first."


@pytest.fixture
def operator() -> User:
    make_user("operator", is_staff=True, is_superuser=True)
    return User.objects.get()


def suspend(user: User) -> None:
    user.is_active = False
    user.save()


def demote(user: User) -> None:
    user.is_superuser = False
    user.save(update_fields=["is_superuser"])


WAYS: dict[str, Callable[[User], object]] = {
    "deleted": lambda user: user.delete(),
    "deleted by a query": lambda user: User.objects.filter(pk=user.pk).delete(),
    "suspended": suspend,
    "demoted": demote,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_the_last_administrator_stays_and_the_error_says_why(operator, way):
    make_user("suspended", is_superuser=True, is_active=False)
    make_user("staff", is_staff=True)
    with pytest.raises(LastAdministratorError, match=SENTENCE), transaction.atomic():
        way(operator)
    assert administrators().get().username == "operator"
    assert issubclass(LastAdministratorError, PermissionDenied)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_one_of_two_administrators_can_leave(operator, way):
    make_user("another", is_superuser=True)
    way(operator)
    assert administrators().get().username == "another"


def test_all_administrators_together_cannot_be_deleted(operator):
    make_user("another", is_superuser=True)
    with pytest.raises(LastAdministratorError), transaction.atomic():
        User.objects.all().delete()
    assert administrators().count() == 2


def test_other_users_can_be_changed_and_deleted_without_further_queries(operator, django_assert_num_queries):
    user = User.objects.get(pk=make_user("member", is_staff=True).pk)
    user.is_staff = user.is_active = False
    with django_assert_num_queries(6):  # two savepoints, the stored values, the user, the suspension, the audit entry
        user.save()
    user.delete()
    operator.name = "Still here"
    operator.save()
    assert User.objects.get() == operator


# --- In the admin ---


def form_of(user: User, **changes: object) -> dict[str, object]:
    fields = {"username": user.username, "name": user.name, "email": user.email}
    flags = {"is_active": "on", "is_staff": "on", "is_superuser": "on"}
    form = fields | flags | {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"} | changes
    return {name: value for name, value in form.items() if value is not None}


@pytest.mark.parametrize("flag", ["is_active", "is_superuser"])
def test_the_admin_form_shows_the_error_and_keeps_the_input(operator, flag):
    client = signed_in(operator)
    answer = client.post(f"/admin/livefeed/user/{operator.pk}/change/", form_of(operator, name="New", **{flag: None}))
    assert answer.status_code == 200
    assert SENTENCE in answer.text
    assert 'value="New"' in answer.text
    assert client.post(f"/admin/livefeed/user/{operator.pk}/change/", form_of(operator, name="New")).status_code == 302


def test_the_admin_deletion_pages_show_the_error_and_delete_nothing(operator):
    client = signed_in(operator)
    user = make_user("member")
    address = f"/admin/livefeed/user/{operator.pk}/delete/"
    assert SENTENCE in client.get(address).text
    assert SENTENCE in client.post(address, {"post": "yes"}).text
    chosen = {"action": "delete_selected", "_selected_action": [operator.pk, user.pk]}
    assert SENTENCE in client.post("/admin/livefeed/user/", chosen).text
    assert SENTENCE in client.post("/admin/livefeed/user/", chosen | {"post": "yes"}).text
    assert User.objects.count() == 2


def test_the_admin_counts_the_rows_deleted_with_a_user(operator):
    user = make_user("member")
    for number in range(12):
        make_post(user, f"Number {number}")
    operator.follow(user)
    page = signed_in(operator).get(f"/admin/livefeed/user/{user.pk}/delete/").text
    assert "12 posts" in page
    assert "1 follows of theirs" in page
    assert "Number 3" not in page
    post = user.posts.order_by("pk")[0]
    assert Page(signed_in(operator).get(f"/admin/livefeed/post/{post.pk}/delete/")).one("h1").text == "Delete"


# --- Concurrency ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_of_eight_administrators_leaving_concurrently_one_stays(way):
    for number in range(8):
        make_user(f"operator{number}", is_superuser=True)
    users = iter(list(User.objects.all()))
    lock = Lock()

    def leave() -> None:
        with lock:
            user = next(users)
        with suppress(LastAdministratorError):
            way(user)

    at_once(leave, 8)
    assert administrators().count() == 1

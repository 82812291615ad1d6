"""The admin: its sign-in, what is read-only, the ranks of accounts, and posts of other users."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client

from livefeed.models import AuditEntry, Follow, Post, User
from tests.factories import make_post, make_user, signed_in
from tests.views.html import Page

pytestmark = pytest.mark.django_db

USERS = "/admin/livefeed/user/"
GROUPS = "/admin/auth/group/"
POSTS = "/admin/livefeed/post/"
JOINED = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
NEW_PASSWORD = {"password1": "another horse battery", "password2": "another horse battery"}


def test_the_admin_uses_the_rate_limited_sign_in():
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    assert Client().get("/admin/livefeed/user/").status_code == 302


def test_the_admin_uses_the_rate_limited_change_of_passwords():
    operator = signed_in(make_user(is_staff=True))
    assert operator.post("/admin/password_change/", {})["Location"] == "/accounts/password/change/"


def test_other_users_get_403():
    assert signed_in(make_user()).get("/admin/login/").status_code == 403
    assert signed_in(make_user(is_staff=True)).get("/admin/").status_code == 200


def test_only_known_models_are_in_the_admin():
    """A new one needs a decision: could staff use it to take over an account, or to read what is not for them?"""
    assert {model._meta.label_lower for model in admin.site._registry} <= {
        "account.emailaddress",
        "auth.group",
        "django_tasks_database.dbtaskresult",
        "livefeed.announcement",
        "livefeed.auditentry",
        "livefeed.event",
        "livefeed.follow",
        "livefeed.post",
        "livefeed.user",
        "mfa.authenticator",
        "socialaccount.socialaccount",
    }


@pytest.mark.parametrize("label", ["account.emailaddress", "livefeed.auditentry", "livefeed.event"])
def test_records_are_read_only_for_every_user(rf, label):
    request = rf.get("/")
    request.user = make_user(is_staff=True, is_superuser=True)
    (model_admin,) = [each for model, each in admin.site._registry.items() if model._meta.label_lower == label]
    assert model_admin.has_view_permission(request)
    assert not model_admin.has_add_permission(request)
    assert not model_admin.has_change_permission(request)
    assert not model_admin.has_delete_permission(request)


def test_email_addresses_are_read_only():
    operator = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    address = EmailAddress.objects.get(user__username="operator")
    assert "operator@example.org" in operator.get("/admin/account/emailaddress/").text
    assert operator.get("/admin/account/emailaddress/add/").status_code == 403
    assert (
        operator.post(f"/admin/account/emailaddress/{address.pk}/change/", {"email": "x@example.org"}).status_code
        == 403
    )
    assert operator.post(f"/admin/account/emailaddress/{address.pk}/delete/", {"post": "yes"}).status_code == 403


# --- Ranks ---


def permission(name: str) -> Permission:
    """Returns the permission `app.codename`."""
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def make_staff(username: str, *permissions: str, **fields) -> User:
    user = make_user(username, is_staff=True, **fields)
    user.user_permissions.set(permission(name) for name in permissions)
    return user


MANAGER = [
    *(f"livefeed.{verb}_user" for verb in ("add", "view", "change", "delete")),
    *(f"auth.{verb}_group" for verb in ("add", "view", "change", "delete")),
    "livefeed.view_event",
]


@dataclass
class Staff:
    """Accounts of all ranks, and groups. `manager` has every permission for users and groups, but not for posts."""

    manager: User
    client: Client
    editors: Group
    """Has a permission that the manager lacks."""
    readers: Group
    """Has a permission that the manager has."""
    root: User
    targets: dict[str, User]
    """Accounts that outrank the manager."""


@pytest.fixture
def staff() -> Staff:
    manager = make_staff("manager", *MANAGER)
    editors, readers = (Group.objects.create(name=name) for name in ("Editors", "Readers"))
    editors.permissions.add(permission("livefeed.delete_post"))
    readers.permissions.add(permission("livefeed.view_event"))
    root = make_user("root", is_staff=True, is_superuser=True)
    suspended = make_user("sleeper", is_staff=True, is_superuser=True, is_active=False)
    editor = make_staff("editor")
    editor.groups.add(editors)
    suspended_editor = make_staff("sleeping_editor", "livefeed.delete_post", is_active=False)
    targets = {
        "superuser": root,
        "suspended superuser": suspended,
        "staff in a group with more rights": editor,
        "suspended staff with more rights": suspended_editor,
    }
    return Staff(manager, signed_in(manager), editors, readers, root, targets)


def form_of(user: User, **changes: object) -> dict[str, object]:
    """Returns the fields of the admin's form of a user; a list selects several options."""
    flags = {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)}
    kept = {"username": user.username, "name": user.name, "email": user.email}
    return kept | flags | JOINED | changes


def changed(**changes: object) -> Callable[[Client, User], object]:
    return lambda client, user: client.post(f"{USERS}{user.pk}/change/", form_of(user, **changes))


def selected(action: str, **more: str) -> Callable[[Client, User], object]:
    return lambda client, user: client.post(USERS, {"action": action, "_selected_action": [user.pk]} | more)


ATTACKS = {
    "a new password": lambda client, user: client.post(f"{USERS}{user.pk}/password/", NEW_PASSWORD),
    "no password": lambda client, user: client.post(
        f"{USERS}{user.pk}/password/", {"usable_password": "false", "unset-password": "1"}
    ),
    "another email": changed(email="attacker@example.org"),
    "another user name": changed(username="renamed"),
    "a suspension": changed(is_active=""),
    "a reactivation": changed(is_active="on"),
    "no longer staff": changed(is_staff=""),
    "no longer superuser": changed(is_superuser=""),
    "no groups": changed(groups=[]),
    "deletion": lambda client, user: client.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}),
    "deletion in bulk": selected("delete_selected", post="yes"),
    "activation in bulk": selected("activate"),
    "a change in the list": lambda client, user: client.post(
        USERS, {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": user.pk, "form-0-email": "x", "_save": ""}
    ),
}


WITHOUT_EFFECT = ("a reactivation", "no longer superuser", "a change in the list")
"""Attacks that change nothing about an active member."""


def state_of(user: User) -> object:
    """Returns everything that staff could change about an account; None if it is gone."""
    row = User.objects.filter(pk=user.pk).values().first()
    groups = list(user.groups.values_list("name", flat=True))
    return row and [row, groups, list(user.user_permissions.values_list("codename", flat=True))]


@pytest.mark.parametrize("attack", ATTACKS)
def test_staff_cannot_change_accounts_that_outrank_them(staff, attack):
    User.objects.exclude(pk=staff.manager.pk).update(activated_at=None)
    for rank, target in staff.targets.items():
        target.refresh_from_db()
        before = state_of(target)
        ATTACKS[attack](staff.client, target)
        assert state_of(target) == before, rank


@pytest.mark.parametrize("attack", [name for name in ATTACKS if name not in WITHOUT_EFFECT])
def test_staff_can_change_accounts_that_do_not_outrank_them(staff, attack):
    User.objects.exclude(pk=staff.manager.pk).update(activated_at=None)
    member = make_staff("member", "livefeed.view_event", activated_at=None)
    member.groups.add(staff.readers)
    before = state_of(member)
    ATTACKS[attack](staff.client, member)
    assert state_of(member) != before


@pytest.mark.parametrize("name", ["manager", "member"])
def test_staff_can_grant_only_what_they_have(staff, name):
    make_user("member")
    user = User.objects.get(username=name)
    address = f"{USERS}{user.pk}/change/"
    held = [permission(each).pk for each in user.get_all_permissions()]

    for rights in (
        {"is_superuser": "on", "user_permissions": held},
        {"user_permissions": [*held, permission("livefeed.delete_post").pk]},
        {"user_permissions": held, "groups": [staff.editors.pk]},
    ):
        staff.client.post(address, form_of(user, **rights))
    user = User.objects.get(pk=user.pk)
    assert not user.is_superuser
    assert not user.has_perm("livefeed.delete_post")

    rights = {"groups": [staff.readers.pk], "user_permissions": [permission("livefeed.change_user").pk]}
    assert staff.client.post(address, form_of(user, **rights)).status_code == 302
    user = User.objects.get(pk=user.pk)
    assert user.get_all_permissions() == {"livefeed.view_event", "livefeed.change_user"}


def test_staff_cannot_grant_rights_to_a_new_account(staff):
    rights = {"is_superuser": "on", "is_staff": "on", "groups": [staff.editors.pk]}
    staff.client.post(f"{USERS}add/", {"username": "fresh", "usable_password": "true"} | NEW_PASSWORD | rights)
    fresh = User.objects.get(username="fresh")
    assert not fresh.is_superuser
    assert not fresh.is_staff
    assert not fresh.groups.exists()


def test_staff_cannot_extend_the_rights_of_a_group(staff):
    staff.manager.groups.add(staff.readers)
    more = [permission("livefeed.delete_post").pk]
    staff.client.post(f"{GROUPS}{staff.readers.pk}/change/", {"name": "Readers", "permissions": more})
    staff.client.post(f"{GROUPS}add/", {"name": "Fresh", "permissions": more})
    assert not User.objects.get(pk=staff.manager.pk).has_perm("livefeed.delete_post")
    assert not Group.objects.filter(name="Fresh").exists()
    held = [permission("livefeed.change_user").pk]
    assert staff.client.post(f"{GROUPS}add/", {"name": "Fresh", "permissions": held}).status_code == 302


@pytest.mark.parametrize("name", ["Editors", "With a superuser"])
def test_staff_cannot_change_groups_that_outrank_them(staff, name):
    """A group gives its rights to all members: removing them would change an account that outranks the manager."""
    Group.objects.create(name="With a superuser").user_set.add(staff.root)
    group = Group.objects.get(name=name)
    assert staff.client.post(f"{GROUPS}{group.pk}/change/", {"name": "Renamed"}).status_code == 403
    assert staff.client.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 403
    staff.client.post(GROUPS, {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"})
    assert Group.objects.filter(name=name).exists()


def test_the_page_of_an_account_that_outranks_is_readable_and_says_why_it_cannot_be_deleted(staff):
    page = staff.client.get(f"{USERS}{staff.root.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.text
    chosen = {"action": "delete_selected", "_selected_action": [staff.root.pk]}
    assert "root has rights that you do not have." in staff.client.post(USERS, chosen).text


def test_superusers_can_grant_everything(staff):
    member = make_user("member")
    rights = {"is_superuser": "on", "groups": [staff.editors.pk]}
    answer = signed_in(staff.root).post(f"{USERS}{member.pk}/change/", form_of(member, **rights))
    assert answer.status_code == 302
    member.refresh_from_db()
    assert member.is_superuser
    assert member.groups.get() == staff.editors


# --- Acting in the name of other users ---


@pytest.mark.parametrize("is_superuser", [False, True])
def test_posts_cannot_be_added(cast, is_superuser):
    operator = make_staff("operator", "livefeed.add_post", "livefeed.change_post", is_superuser=is_superuser)
    form = {"author": cast.author.pk, "title": "", "body": "Never said.", "audience": "public"}
    assert signed_in(operator).post(f"{POSTS}add/", form).status_code == 403
    assert not Post.objects.exists()


def test_staff_cannot_change_posts_or_follows_of_other_users(cast):
    rights = ("livefeed.change_post", "livefeed.add_follow", "livefeed.change_follow")
    operator = signed_in(make_staff("operator", *rights))
    post = make_post(cast.author, "Said.")
    form = {"title": "", "body": "Never said.", "audience": "public"}
    assert operator.post(f"{POSTS}{post.pk}/change/", form).status_code == 403
    follow = {"follower": cast.author.pk, "followed": cast.stranger.pk}
    assert operator.post("/admin/livefeed/follow/add/", follow).status_code == 403
    address = f"/admin/livefeed/follow/{Follow.objects.get().pk}/change/"
    assert operator.post(address, follow).status_code == 403
    assert operator.get(address).status_code == 200


# --- Posts for followers ---


def test_opening_a_post_for_followers_is_recorded_for_its_author(cast):
    operator = signed_in(make_staff("operator", "livefeed.view_post"))
    public, private = make_post(cast.author), make_post(cast.author, "A secret.", audience="followers")
    AuditEntry.objects.all().delete()

    assert operator.get(f"{POSTS}{public.pk}/change/").status_code == 200
    assert not AuditEntry.objects.exists()
    assert "A secret." in operator.get(f"{POSTS}{private.pk}/change/").text

    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.user_id, entry.actor) == ("post.opened", cast.author.pk, "operator")
    history = Page(signed_in(cast.author).get("/settings/security/"))
    assert f"Post {private.pk} for followers opened" in [each.text for each in history.all("p", "entry-text")]


def test_the_admin_reveals_the_text_of_posts_for_followers_on_their_own_page_only(cast):
    root = signed_in(make_user("root", is_staff=True, is_superuser=True))
    post = make_post(cast.author, "A secret of #dragons.", title="Secret title", audience="followers")
    make_post(cast.author, "No secret.")
    AuditEntry.objects.all().delete()

    pages = [root.get(POSTS), root.get(f"{POSTS}?q=secret")]
    pages += [root.post(POSTS, {"action": "delete_selected", "_selected_action": [post.pk]})]
    assert "No secret." in pages[1].text
    assert f"Post {post.pk}" not in pages[1].text
    for lookup in ("body__startswith=A", "title__contains=S", "tags__contains=dragons", "taggings__tag=dragons"):
        assert root.get(f"{POSTS}?{lookup}").status_code == 400
    assert not AuditEntry.objects.exists()

    pages += [root.get(f"{POSTS}{post.pk}/{page}/") for page in ("history", "delete")]
    assert AuditEntry.objects.count() == 2
    root.post(f"{POSTS}{post.pk}/delete/", {"post": "yes"})
    assert not any("A secret" in page.text or "Secret title" in page.text for page in pages)
    assert "ecret" not in LogEntry.objects.get().object_repr

"""Settings: display, notifications, sessions, data export, and deletion of the account."""

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from livefeed import tasks
from livefeed.accounts.active_sessions import browser_name
from livefeed.models import (
    Bookmark,
    Export,
    Like,
    Notification,
    Picture,
    Post,
    Preferences,
    Profile,
    Session,
    Token,
    User,
)
from tests.factories import PASSWORD, make_post, make_user, signed_in
from tests.image_files import file
from tests.views.accounts import reauthenticated
from tests.views.html import Page

CHOSEN = {"theme": "dark", "language": "de", "time_zone": "Europe/Berlin", "announcements": "each", "has_keys": ""}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.mark.parametrize(
    "address", ["display", "notifications", "sessions", "sessions/1", "tokens/1", "data", "data/export.zip", "delete"]
)
def test_a_visitor_is_redirected_to_sign_in(visitor, address):
    address = f"/settings/{address}" + ("" if "." in address else "/")
    ask = visitor.post if address.endswith("/1/") else visitor.get
    assert ask(address, {"_method": "DELETE"}).headers["Location"].startswith("/accounts/login/")


# --- Display ---


def test_display_preferences_apply_to_every_page_of_the_user(cast, author, visitor):
    assert author.post("/settings/display/", CHOSEN).status_code == 302

    page = Page(author.get("/"))
    assert page.one("html")["data-theme"] == page.one("meta", name="color-scheme")["content"] == "dark"
    body = page.one("body")
    assert [body[f"data-{name}"] for name in ("language", "zone", "announce", "keys")] == [
        "de",
        "Europe/Berlin",
        "each",
        "off",
    ]
    assert "data-theme" not in Page(visitor.get("/")).one("html").attributes
    assert "data-theme" not in Page(signed_in(cast.stranger).get("/")).one("html").attributes


@pytest.mark.parametrize(("field", "value"), [("theme", "pink"), ("time_zone", "Moon/Base"), ("language", "xx")])
def test_an_invalid_choice_is_refused_and_changes_nothing(cast, author, field, value):
    assert author.post("/settings/display/", CHOSEN | {field: value}).status_code == 422
    assert not Preferences.objects.exists()


def test_signals_of_writing_can_be_switched_off(cast, author):
    address = make_post(cast.author).get_absolute_url()
    assert Page(author.get(address)).all("p", "writing")
    author.post("/settings/display/", CHOSEN)
    assert not Page(author.get(address)).all("p", "writing")


# --- Notifications ---


def test_muted_kinds_create_no_notification(cast, author):
    post = make_post(cast.author)
    author.post("/settings/notifications/", {"followed": "on", "mentioned": "on", "replied": "on"})

    Like.objects.add(cast.follower, post)
    make_post(cast.follower, "Yes.", parent=post)
    make_post(cast.stranger, "Ask @author.")

    assert set(Notification.objects.filter(recipient=cast.author).values_list("kind", flat=True)) == {
        "followed",
        "replied",
        "mentioned",
    }
    page = Page(author.get("/settings/notifications/"))
    boxes = [each for each in page.all("input") if each.attributes.get("type") == "checkbox"]
    assert {each["name"] for each in boxes if "checked" not in each.attributes} == {"liked"}


# --- Sessions ---


def sign_in(user: User, agent: str = "", address: str = "127.0.0.1") -> Client:
    """Signs in by the form, as browsers do."""
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert client.post("/accounts/login/", {"login": user.username, "password": PASSWORD}).status_code == 302
    return client


def test_a_user_sees_their_sessions_and_ends_one(cast):
    here = sign_in(cast.author)
    there = sign_in(cast.author, FIREFOX, "198.51.100.7")
    others = sign_in(cast.stranger)

    page = Page(here.get("/settings/sessions/"))
    sessions = [" ".join(each.text.split()) for each in page.all("li", "session")]
    assert [("This session" in session, "Firefox on Linux" in session) for session in sessions] == [
        (True, False),
        (False, True),
    ]
    assert "From 198.51.100.7, since" in sessions[1]

    (address,) = {each["action"] for each in page.all("form") if "/sessions/" in each.attributes.get("action", "")}
    assert others.post(address, {"_method": "DELETE"}).status_code == 404
    assert there.get("/settings/sessions/").status_code == 200
    assert here.post(address, {"_method": "DELETE"}).status_code == 302
    assert there.get("/settings/sessions/").status_code == 302
    assert here.post(address, {"_method": "DELETE"}).status_code == 404


def test_a_user_ends_all_other_sessions_at_once(cast):
    here = sign_in(cast.author)
    there = sign_in(cast.author)
    others = sign_in(cast.stranger)

    here.post("/settings/sessions/", {"_method": "DELETE"})

    assert [client.get("/settings/data/").status_code for client in (here, there, others)] == [200, 302, 200]
    assert Session.objects.filter(user=cast.author).count() == 1


def test_a_user_revokes_only_their_own_tokens(cast, author, stranger):
    token, _ = Token.objects.issue(cast.author, "Bridge")
    address = f"/settings/tokens/{token.pk}/"

    assert "Bridge" in author.get("/settings/sessions/").content.decode()
    assert stranger.post(address, {"_method": "DELETE"}).status_code == 404
    assert author.post(address, {"_method": "DELETE"}).status_code == 302
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_browsers_have_their_usual_names(agent, name):
    assert browser_name(agent) == name


# --- Export ---


@pytest.fixture
def full(cast, settings, tmp_path):
    """The author's client; the author has data of every kind."""
    settings.MEDIA_ROOT = tmp_path
    client = reauthenticated(cast.author)
    picture = Picture.objects.store(cast.author, file()).pk
    client.post("/posts/", {"body": "With a picture. <b>", "picture": picture, "picture_description": "A kettle"})
    make_post(cast.author, "Gone.").remove()
    foreign = make_post(cast.stranger, "Words of another user.")
    Like.objects.add(cast.author, foreign)
    Bookmark.objects.add(cast.author, make_post(cast.stranger))
    client.post("/posts/", {"body": "For @follower about #tea."})
    cast.author.follow(cast.stranger)
    Token.objects.issue(cast.author, "Bridge")
    avatar = Picture.objects.store(cast.author, file())
    Profile.objects.for_user(cast.author).update(name="Ada", about="*Hi*", links=["https://example.org"], avatar=avatar)
    return client


def exported(client: Client, user: User) -> ZipFile:
    client.post("/settings/data/")
    tasks.make_export.func(str(Export.objects.get(user=user).pk))
    answer = client.get("/settings/data/export.zip")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="livefeed-author-')
    return ZipFile(BytesIO(answer.getvalue()))


def test_an_export_contains_only_the_users_own_data(cast, full):
    archive = exported(full, cast.author)

    data = json.loads(archive.read("livefeed.json"))
    assert data["account"]["email"] == cast.author.email
    (_, post) = data["posts"]
    assert post["body"] == "With a picture. <b>"
    (picture,) = post["pictures"]
    assert picture["description"] == "A kettle"
    assert archive.read(picture["file"])[8:12] == b"WEBP"
    assert data["followers"] == [{"username": "follower"}]
    assert [like["author"] for like in data["likes"]] == ["stranger"]
    everything = b"".join(archive.read(name) for name in ("livefeed.json", "index.html")).decode()
    assert not any(text in everything for text in ("Gone.", "Words of another user.", cast.stranger.email, "pbkdf2"))


def test_the_page_in_an_export_shows_everything_and_each_of_its_links_leads_somewhere(cast, full):
    archive = exported(full, cast.author)

    page = Page(archive.read("index.html").decode())
    data = json.loads(archive.read("livefeed.json"))
    text = " ".join(page.one("body").text.split())
    (like,) = data["likes"]
    session = "An unknown browser"
    assert [each["browser"] for each in data["sessions"]] == [session]
    shown = ["Ada", cast.author.email, "With a picture. <b>", "@follower followed you", session, "Bridge"]
    assert [part for part in [*shown, f"Post {like['id']} by @stranger"] if part not in text] == []
    addresses = {element.attributes.get("href") or element.attributes.get("src", "") for element in page.elements} - {
        ""
    }
    anchors = {f"#{element.attributes.get('id')}" for element in page.elements}
    local = {address for address in addresses if not address.startswith(("http://", "https://"))}
    assert local - anchors - set(archive.namelist()) == set()
    assert set(archive.namelist()) - local == {"index.html"}
    site = "http://127.0.0.1:8000"
    assert {f"{site}/@follower/", f"{site}/tags/tea/", f"{site}/@stranger/", "https://example.org"} <= addresses


def test_an_export_is_created_once_and_private(cast, full, stranger):
    export = Export.objects.create(user=cast.author)
    full.post("/settings/data/")
    assert Export.objects.get() == export
    assert "is being prepared" in full.get("/settings/data/").content.decode()
    assert full.get("/settings/data/export.zip").status_code == 404
    tasks.make_export.func(str(export.pk))
    assert "Download" in full.get("/settings/data/").content.decode()
    assert stranger.get("/settings/data/export.zip").status_code == 404


def test_the_file_is_deleted_with_the_export(cast, full, django_capture_on_commit_callbacks):
    exported(full, cast.author)
    export = Export.objects.get()
    assert default_storage.exists(export.path)
    Export.objects.update(begun_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        assert Export.objects.purge() == 1
    assert not default_storage.exists(export.path)


def test_the_password_is_asked_for_before_an_export_and_before_its_download(cast, author, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    where = "/accounts/reauthenticate/?next=%2Fsettings%2Fdata%2F"
    password = {"password": PASSWORD, "next": "/settings/data/"}
    assert author.post("/settings/data/").headers["Location"] == where
    assert not Export.objects.exists()
    assert author.post("/accounts/reauthenticate/", password).headers["Location"] == "/settings/data/"
    tasks.make_export.func(str(Export.objects.get().pk))  # the suspended request was resumed

    later = signed_in(cast.author)
    assert later.get("/settings/data/export.zip").headers["Location"] == where
    assert later.post("/accounts/reauthenticate/", password).headers["Location"] == "/settings/data/"
    assert later.get("/settings/data/export.zip").status_code == 200


# --- Deletion ---


def test_deleting_an_account_needs_its_password(cast, author):
    make_post(cast.author)
    for wrong in ({"password": "wrong", "understood": "on"}, {"password": PASSWORD}, {}):
        assert author.post("/settings/delete/", wrong).status_code == 422
    assert User.objects.get(pk=cast.author.pk).is_active

    answer = author.post("/settings/delete/", {"password": PASSWORD, "understood": "on"})

    assert answer.headers["Location"] == "/"
    assert author.get("/settings/data/").status_code == 302
    assert author.get("/@author/").status_code == 404
    tasks.delete_account.func(cast.author.pk)
    assert not User.objects.filter(pk=cast.author.pk).exists()
    assert not Post.objects.exists()


def test_a_reactivated_user_is_not_deleted(cast):
    tasks.delete_account.func(cast.author.pk)

    assert User.objects.filter(pk=cast.author.pk).exists()


def test_the_last_administrator_cannot_be_deleted(db):
    client = signed_in(make_user("operator", is_staff=True, is_superuser=True))

    answer = client.post("/settings/delete/", {"password": PASSWORD, "understood": "on"})

    assert answer.status_code == 403
    assert "last administrator" in answer.content.decode()
    assert User.objects.get().is_active

"""Accounts before their activation, and the link from the mail in each of its states."""

import re
import time
from datetime import timedelta
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from livefeed.models import Follow, Like, NotActivatedError, Picture, Post, User
from tests.factories import PASSWORD, make_cast, make_post, make_user, signed_in
from tests.image_files import jpeg
from tests.views.accounts import ADDRESS, path_in, reauthenticated, sign_in, sign_up, text, who

HTMX = {"HX-Request": "true"}
NOT_YET = "Your account is not activated yet."


@pytest.fixture(autouse=True)
def _public_address(db, settings) -> None:
    settings.LIVEFEED_URL = ADDRESS


@pytest.fixture
def mara(client: Client, mailoutbox) -> Client:
    """The client of Mara, who has just signed up."""
    sign_up(client)
    return client


def mara_user() -> User:
    return User.objects.with_username("mara").get()


# --- Before the activation ---


def test_before_the_activation_a_user_can_read_and_bookmark_but_not_post(mara):
    cast = make_cast()
    post = make_post(cast.author)
    assert mara.post(f"/posts/{post.pk}/bookmark/").status_code == 302
    assert "Hello." in text(mara.get("/bookmarks/"))
    for answer in (mara.post("/posts/", {"body": "Mine."}), mara.post("/posts/", {"body": "Mine.", "parent": post.pk})):
        assert answer.status_code == 403
        assert NOT_YET in text(answer)
        assert ">\nMine.</textarea>" in text(answer)
    assert Post.objects.get() == post


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("address", ["/@author/follow/", "/@author/bell/", "/posts/{}/like/"])
def test_following_and_liking_need_the_activation_too(mara, headers, address):
    cast = make_cast()
    post = make_post(cast.author)
    answer = mara.post(address.format(post.pk), headers=headers)
    assert answer.status_code == 403
    assert not Like.objects.exists()
    assert not cast.author.followers.exclude(follower=cast.follower).exists()
    assert not cast.author.notifications.filter(actor=mara_user()).exists()
    if "bell" not in address:
        assert NOT_YET in text(answer)


def test_what_was_followed_and_liked_before_can_be_ended_without_the_activation():
    cast = make_cast()
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    User.objects.filter(pk=cast.follower.pk).update(activated_at=None)
    client = signed_in(cast.follower)
    assert client.delete("/@author/follow/").status_code == 302
    assert client.delete(f"/posts/{post.pk}/like/").status_code == 302
    assert not Like.objects.exists()
    assert not Follow.objects.exists()


def test_a_refused_post_returns_its_text_to_htmx_too(mara):
    answer = mara.post("/posts/", {"title": "A title", "body": "Mine."}, headers=HTMX)
    assert answer.status_code == 403
    assert '<form id="composer"' in text(answer)
    assert NOT_YET in text(answer)
    assert 'value="A title"' in text(answer)
    assert ">\nMine.</textarea>" in text(answer)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_editing_needs_the_activation_too(mara, headers):
    User.objects.update(activated_at=None)
    post = Post.objects.create(author=mara_user(), body="Before.")
    answer = mara.post(f"/posts/{post.pk}/", {"body": "After.", "version": post.version}, headers=headers)
    assert answer.status_code == 403
    assert NOT_YET in text(answer)
    assert ">\nAfter.</textarea>" in text(answer)
    assert Post.objects.get().body == "Before."


def test_an_upload_needs_the_activation_too(mara):
    for address, field in (("/pictures/", "file"), ("/posts/", "files"), ("/settings/profile/", "avatar_file")):
        answer = mara.post(address, {field: SimpleUploadedFile("a.jpg", jpeg()), "body": "Look."})
        assert NOT_YET in text(answer)
    assert not Picture.objects.exists()


def test_the_model_refuses_posts_before_the_activation():
    mara = make_user("mara", activated_at=None)
    with pytest.raises(NotActivatedError):
        make_post(mara)
    post = Post.objects.create(author=mara, body="Before.")
    with pytest.raises(NotActivatedError):
        post.edit(title="", body="After.", seen_version=post.version)


@pytest.mark.parametrize("path", ["/", "/posts/{}/"])
def test_the_composer_is_replaced_by_instructions(mara, path):
    path = path.format(make_post(make_user("author")).pk)
    page = text(mara.get(path))
    assert "Open the link that we sent to <b>mara@example.org</b>." in page
    assert 'id="composer"' not in page
    assert f'<input type="hidden" name="next" value="{path}">' in page
    mara_user().activate()
    page = text(mara.get(path))
    assert 'id="composer"' in page
    assert "Send again" not in page


def test_open_pages_poll_for_the_activation(mara):
    assert mara.get("/accounts/activation/", headers=HTMX).status_code == 204
    mara_user().activate()
    assert mara.get("/accounts/activation/", headers=HTMX).status_code == 200
    assert mara.get("/accounts/activation/").headers["Location"] == "/"
    assert Client().get("/accounts/activation/").status_code == 302


# --- The link ---


def test_opening_the_link_changes_nothing(mara, mailoutbox):
    reader = signed_in(make_user("reader"))
    for browser in (mara, Client(), reader):
        page = text(browser.get(path_in(mailoutbox[0])))
        assert "mara@example.org" in page
        assert '<button class="button" type="submit">Activate</button>' in page
    assert not mara_user().is_activated
    assert who(reader) == "reader"
    assert "You are signed in as @reader in this browser" in page


def test_the_button_activates(mara, mailoutbox):
    response = mara.post(path_in(mailoutbox[0]), follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "mara@example.org is confirmed." in text(response)
    assert 'id="composer"' in text(response)
    assert mara.post("/posts/", {"body": "Mine."}).status_code == 302
    assert EmailAddress.objects.get().verified


def test_the_link_works_without_a_session_and_starts_none(mara, mailoutbox):
    elsewhere = Client()
    response = elsewhere.post(path_in(mailoutbox[0]), follow=True)
    assert response.redirect_chain == [("/accounts/login/", 302)]
    assert mara_user().is_activated
    assert who(elsewhere) is None
    assert 'id="composer"' in text(mara.get("/"))


def test_the_link_leaves_the_session_of_another_user_unchanged(mara, mailoutbox):
    reader = signed_in(make_user("reader"))
    reader.post(path_in(mailoutbox[0]))
    assert mara_user().is_activated
    assert who(reader) == "reader"


def test_a_link_works_once(mara, mailoutbox):
    link = path_in(mailoutbox[0])
    mara.post(link)
    for again in (Client().post(link), Client().get(link), mara.post(link)):
        assert again.status_code == 404
        assert "This link was already used" in text(again)
        assert "<b>@Mara</b> can post" in text(again)


def test_an_expired_link_offers_a_new_one_in_any_browser(mara, mailoutbox):
    then = time.time() - timedelta(hours=48, minutes=1).total_seconds()
    with patch("django.core.signing.time.time", return_value=then):
        old = f"/accounts/confirm-email/{signing.dumps(EmailAddress.objects.get().pk, salt='account')}/"
    elsewhere = Client()
    page = elsewhere.get(old)
    assert page.status_code == 404
    assert "This link has expired" in text(page)
    assert "A new link is on its way" in text(elsewhere.post(old))
    assert not mara_user().is_activated
    assert len(mailoutbox) == 2
    elsewhere.post(path_in(mailoutbox[1]))
    assert mara_user().is_activated


def test_new_links_for_an_expired_one_are_limited(mara, mailoutbox):
    with patch("django.core.signing.time.time", return_value=0):
        old = f"/accounts/confirm-email/{signing.dumps(EmailAddress.objects.get().pk, salt='account')}/"
    answers = [Client().post(old) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Too many attempts. Try again in 10 minutes." in text(answers[-1])
    assert len(mailoutbox) == 4


@pytest.mark.parametrize("what", ["cut off", "changed", "foreign"])
def test_an_invalid_link_activates_nothing(mara, mailoutbox, what, settings):
    link = path_in(mailoutbox[0])
    if what == "foreign":
        settings.SECRET_KEY = "another site's"
    broken = {"cut off": link[:-6] + "/", "changed": link.replace(":", ":x", 1), "foreign": link}[what]
    for answer in (Client().get(broken), Client().post(broken)):
        assert answer.status_code == 404
        assert "This link does not work" in text(answer)
        assert '<a class="button" href="/accounts/activation/">Send a new link</a>' in text(answer)
    assert not mara_user().is_activated


def test_a_link_to_a_replaced_address_does_not_work(mailoutbox):
    sign_up(Client(), email="maar@example.org")
    mara = reauthenticated(mara_user())
    page = mara.post("/accounts/email/", {"email": "mara@example.org", "action_add": ""}, follow=True)
    assert "To confirm <b>mara@example.org</b>" in text(page)
    assert [mail.to for mail in mailoutbox] == [["maar@example.org"], ["mara@example.org"]]
    assert mara_user().email == "mara@example.org"
    assert "This link does not work" in text(mara.post(path_in(mailoutbox[0])))
    assert "<b>mara@example.org</b>." in text(mara.get("/"))
    mara.post(path_in(mailoutbox[1]))
    assert mara_user().is_activated


def test_an_address_confirmed_by_another_account_cannot_be_confirmed(mara, mailoutbox):
    other = Client()
    sign_up(other, username="other")
    other.post(path_in(mailoutbox[1]))
    answer = mara.post(path_in(mailoutbox[0]))
    assert answer.status_code == 404
    assert "This address is in use" in text(answer)
    assert not mara_user().is_activated


# --- Sending the link again ---


def test_the_link_can_be_sent_again(mara, mailoutbox):
    page = mara.post("/accounts/activation/", {"next": "/explore/"}, follow=True)
    assert page.redirect_chain == [("/explore/", 302)]
    assert "We sent a new link to mara@example.org." in text(page)
    part = text(mara.post("/accounts/activation/", headers=HTMX))
    assert part.startswith('<form id="activation"')
    assert "We sent a new link to mara@example.org." in part
    assert [mail.to for mail in mailoutbox] == [["mara@example.org"]] * 3
    mara.post(path_in(mailoutbox[2]))
    assert mara_user().is_activated
    assert mara.post("/accounts/activation/").headers["Location"] == "/"
    assert len(mailoutbox) == 3


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_sending_the_link_again_is_limited(mara, mailoutbox, headers):
    for _ in range(3):
        mara.post("/accounts/activation/")
    answer = mara.post("/accounts/activation/", headers=headers)
    assert answer.status_code == 429
    assert "Too many attempts. Try again in 10 minutes." in text(answer)
    assert len(mailoutbox) == 4


# --- Known addresses ---


def test_sign_up_with_a_known_address_gets_the_same_answer_and_another_mail(mailoutbox):
    make_user("lucia")
    fresh = Client()
    taken = Client()
    pages = [sign_up(fresh), sign_up(taken, username="Otto", email="Lucia@example.org")]
    assert pages[0].redirect_chain == pages[1].redirect_chain
    for path in ("/", "/accounts/email/", "/accounts/activation/"):
        assert plain(fresh, path, "Mara", "mara@example.org") == plain(taken, path, "Otto", "lucia@example.org")
    assert [mail.subject for mail in mailoutbox] == [
        "[Livefeed] Welcome: activate your account",
        "[Livefeed] You already have an account",
    ]
    assert mailoutbox[1].to == ["lucia@example.org"]
    assert f"{ADDRESS}/accounts/login/" in mailoutbox[1].body
    assert "confirm-email" not in mailoutbox[1].body
    for client in (fresh, taken):
        assert client.post("/accounts/activation/").status_code == 302
    assert [mail.subject for mail in mailoutbox[2:]] == [mail.subject for mail in mailoutbox[:2]]


@pytest.mark.parametrize("is_known", [True, False])
def test_sign_ups_with_an_address_are_limited_known_or_not(is_known, mailoutbox):
    if is_known:
        make_user("lucia")
    answers = [sign_up(Client(), username=f"otto{n}", email="lucia@example.org") for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Too many attempts. Try again in an hour." in text(answers[-1])
    assert len(mailoutbox) == 5


def test_an_account_created_in_the_admin_owns_its_address_too(mailoutbox):
    User.objects.create_superuser("root", "root@example.org", PASSWORD)
    sign_up(Client(), email="root@example.org")
    assert mailoutbox[0].subject == "[Livefeed] You already have an account"


def test_sign_in_by_an_address_is_for_the_account_that_confirmed_it():
    lucia = make_user("lucia")
    sign_up(Client(), username="Otto", email="lucia@example.org")
    browser = Client()
    sign_in(browser, "lucia@example.org")
    assert who(browser) == lucia.username


# --- Activation in other ways ---


def test_users_created_in_other_ways_are_activated():
    assert User.objects.create(username="made_by_hand").is_activated
    assert User.objects.create_superuser("root", "root@example.org", PASSWORD).is_activated
    staff = signed_in(User.objects.get(username="root"))
    form = {"username": "added", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert staff.post("/admin/livefeed/user/add/", form).status_code == 302
    assert User.objects.get(username="added").is_activated


def test_staff_can_activate_users_and_send_the_mail_again(mara, mailoutbox):
    staff = signed_in(make_user("operator", is_staff=True, is_superuser=True))
    address = "/admin/livefeed/user/"
    waiting = staff.get(f"{address}?activated_at__isempty=1").text
    assert "Mara" in waiting
    assert "operator@" not in waiting
    chosen = [mara_user().pk, User.objects.get(username="operator").pk]
    answer = staff.post(address, {"action": "send_welcome", "_selected_action": chosen}, follow=True)
    assert "1 will get the mail." in answer.text
    assert [mail.to for mail in mailoutbox] == [["mara@example.org"]] * 2
    answer = staff.post(address, {"action": "activate", "_selected_action": chosen}, follow=True)
    assert "1 can post now." in answer.text
    assert mara_user().is_activated
    assert "Activated:" in staff.get(f"{address}{mara_user().pk}/change/").text


def test_staff_without_the_permission_cannot(mara):
    helper = signed_in(make_user("helper", is_staff=True))
    helper.post("/admin/livefeed/user/", {"action": "activate", "_selected_action": [mara_user().pk]})
    assert not mara_user().is_activated


def plain(client: Client, path: str, name: str, address: str) -> str:
    """Returns a page without the parts that differ between requests."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', "", text(client.get(path)))
    page = re.sub(r"(?i)" + re.escape(address), "ADDRESS", page)
    page = re.sub(r"(?i)" + name + r"|>O<|>M<|oklch\([^)]*\)", "NAME", page)
    return re.sub(r'(data-(?:viewer|author|cursor)=|data-author=)"?\d+"?', "", page)

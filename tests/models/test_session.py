"""Sessions: their user and sign-in, key rotation, deletion, and lookup in batches."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from livefeed.accounts.session_store import SIGN_IN, SessionStore
from livefeed.models import Session, User
from tests.factories import Cast, signed_in
from tests.models.announced import log


def session_of(client: Client) -> Session:
    return Session.objects.get(session_key=client.cookies[django_settings.SESSION_COOKIE_NAME].value)


def sign_in_of(session: Session) -> int:
    assert session.sign_in is not None
    return session.sign_in


@pytest.fixture
def here(cast: Cast) -> Session:
    """A session of the follower."""
    return session_of(signed_in(cast.follower))


@pytest.fixture
def elsewhere(cast: Cast) -> Session:
    """A session of the stranger."""
    return session_of(signed_in(cast.stranger))


def endings() -> list[tuple[int, int]]:
    """Returns the published ends of sign-ins, as sign-in and user."""
    return [(subject, actor) for kind, subject, actor in log() if kind == "sign_in.ended"]


# --- User and sign-in ---


def test_a_session_stores_its_user_and_sign_in(cast: Cast, here: Session):
    assert here.user == cast.follower
    assert here.auth_hash == cast.follower.get_session_auth_hash()
    assert here.get_decoded()[SIGN_IN] == here.sign_in
    assert 0 <= sign_in_of(here) < 1 << 63


def test_every_sign_in_has_its_own_number(cast: Cast):
    sessions = [session_of(signed_in(cast.follower)) for _ in range(3)]
    assert len({session.sign_in for session in sessions}) == 3


def test_a_visitors_session_has_no_user(db):
    store = SessionStore()
    store["seen"] = "yes"
    store.save()
    session = Session.objects.get(session_key=store.session_key)
    assert (session.user, session.sign_in, session.auth_hash) == (None, None, "")
    session.delete()
    assert endings() == []


# --- Key rotation ---


def test_a_new_key_keeps_the_row_the_data_and_the_sign_in(here: Session):
    store = SessionStore(here.session_key)
    store.load()

    store.cycle_key()
    store.save()

    (session,) = Session.objects.all()
    assert session.session_key == store.session_key != here.session_key
    assert (session.user, session.sign_in, session.auth_hash) == (here.user, here.sign_in, here.auth_hash)
    assert session.get_decoded() == here.get_decoded()
    assert SessionStore(store.session_key).load() == here.get_decoded()
    assert SessionStore(here.session_key).load() == {}
    assert endings() == []


def test_a_new_key_keeps_unsaved_data(here: Session):
    store = SessionStore(here.session_key)
    store["seen"] = "yes"
    store.cycle_key()
    store.save()
    assert Session.objects.get().get_decoded() == {**here.get_decoded(), "seen": "yes"}


def test_a_session_without_a_row_is_stored_under_the_new_key(db):
    store = SessionStore()
    store["seen"] = "yes"
    store.cycle_key()
    assert Session.objects.get(session_key=store.session_key).get_decoded() == {"seen": "yes"}


def test_a_new_key_for_a_deleted_session_does_not_sign_the_user_in_again(here: Session):
    """The session was deleted by an administrator during a request of the user."""
    store = SessionStore(here.session_key)
    store.load()
    Session.objects.all().delete()
    assert endings() == [(sign_in_of(here), here.user_id)]
    store.cycle_key()
    assert not Session.objects.by_keys([here.session_key])


def test_signing_in_replaces_the_session_key(cast: Cast):
    """Protects from session fixation: a key planted before the sign-in is worthless after it."""
    client = Client()
    visit = client.session
    visit["seen"] = "yes"
    visit.save()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = visit.session_key or ""
    client.force_login(cast.follower)
    assert not Session.objects.filter(session_key=visit.session_key).exists()
    assert session_of(client).user == cast.follower


# --- Deletion ---


def test_signing_out_publishes_the_end_of_the_sign_in(cast: Cast):
    client = signed_in(cast.follower)
    sign_in = sign_in_of(session_of(client))
    client.logout()
    assert endings() == [(sign_in, cast.follower.pk)]


def test_deleting_a_user_publishes_the_end_of_all_their_sign_ins(cast: Cast, here: Session, elsewhere: Session):
    second = session_of(signed_in(cast.follower))
    pk = cast.follower.pk
    User.objects.get(pk=pk).delete()
    assert set(endings()) == {(sign_in_of(here), pk), (sign_in_of(second), pk)}
    assert list(Session.objects.all()) == [elsewhere]


# --- Lookup in batches ---


def test_sessions_are_found_by_key_and_by_sign_in(here: Session, elsewhere: Session, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = Session.objects.by_keys([here.session_key, elsewhere.session_key, "nonsense"])
        users = {session.user.username for session in found.values() if session.user}
    assert users == {"follower", "stranger"}
    assert found == {here.session_key: here, elsewhere.session_key: elsewhere}
    with django_assert_num_queries(1):
        assert Session.objects.by_sign_ins([sign_in_of(here), 7]) == {here.sign_in: here}


def test_empty_lookups_make_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert (Session.objects.by_keys([]), Session.objects.by_sign_ins([])) == ({}, {})


def expire(here: Session) -> None:
    Session.objects.filter(pk=here.pk).update(expire_date=timezone.now() - timedelta(seconds=1))


def suspend(here: Session) -> None:
    User.objects.filter(pk=here.user_id).update(is_active=False)


def change_password(here: Session) -> None:
    assert here.user
    here.user.set_password("another one")
    here.user.save()


def forge_hash(here: Session) -> None:
    Session.objects.filter(pk=here.pk).update(auth_hash="")


@pytest.mark.parametrize("end", [expire, suspend, change_password, forge_hash])
def test_an_invalid_session_is_not_found(here: Session, elsewhere: Session, end):
    end(here)
    keys = [here.session_key, elsewhere.session_key]
    assert Session.objects.by_keys(keys) == {elsewhere.session_key: elsewhere}
    sign_ins = [sign_in_of(here), sign_in_of(elsewhere)]
    assert Session.objects.by_sign_ins(sign_ins) == {elsewhere.sign_in: elsewhere}


def test_a_rotated_secret_key_is_accepted_while_it_is_a_fallback(here: Session, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "a new one"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert Session.objects.by_keys([here.session_key]) == {here.session_key: here}
    settings.SECRET_KEY_FALLBACKS = []
    assert Session.objects.by_keys([here.session_key]) == {}

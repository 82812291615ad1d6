"""`manage.py token`: access tokens for programs."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from livefeed.models import Event, Token
from livefeed.models.token import PREFIX, digest
from tests.factories import Cast


def run(*words: str) -> tuple[list[str], list[str]]:
    """Runs the command; returns the lines of stdout and stderr."""
    out = StringIO()
    err = StringIO()
    call_command("token", *words, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_a_token_is_shown_once_and_stored_as_a_hash(cast: Cast):
    (text,), (hint,) = run("author", "--label", "the weather")

    token = Token.objects.get()
    assert text.startswith(PREFIX)
    assert Token.objects.by_texts([text]) == {text: token}
    assert (token.user, token.label, token.digest) == (cast.author, "the weather", digest(text))
    assert text not in (token.digest, str(token))
    assert hint == f"Token {token.pk} for @author. Save it: it is not shown again."


@pytest.mark.parametrize("name", ["Author", "@author", "@AUTHOR"])
def test_a_user_name_is_accepted_in_any_case_and_with_an_at_sign(cast: Cast, name):
    run(name)
    assert Token.objects.get().user == cast.author


def test_tokens_are_unique(cast: Cast):
    assert len({run("author")[0][0] for _ in range(5)}) == 5


def test_it_lists_the_tokens_of_one_user_without_their_texts(cast: Cast):
    (first,), _ = run("author", "--label", "the weather")
    (second,), _ = run("author")
    run("stranger", "--label", "another user's")

    lines, _ = run("author", "--list")

    tokens = cast.author.tokens.order_by("pk")
    assert lines == [f"{each.pk}\t{each.created_at:%Y-%m-%d %H:%M}\t{each.label}" for each in tokens]
    assert not any(text in line for text in (first, second) for line in lines)


def test_without_tokens_it_lists_nothing(cast: Cast):
    assert run("author", "--list") == ([], [])


def test_it_revokes_one_token_and_publishes_an_event(cast: Cast):
    (revoked,), _ = run("author")
    (kept,), _ = run("author")
    token = Token.objects.by_texts([revoked])[revoked]
    pk = token.pk

    assert run("author", "--revoke", str(pk)) == ([f"Token {pk} is revoked."], [])

    assert list(Token.objects.by_texts([revoked, kept])) == [kept]
    event = Event.objects.latest("pk")
    assert (event.kind, event.subject_id, event.actor_id) == ("token.revoked", pk, cast.author.pk)


@pytest.mark.parametrize("whose", ["stranger", "author"])
def test_a_token_of_another_user_or_a_missing_one_cannot_be_revoked(cast: Cast, whose):
    run("author")
    pk = Token.objects.get().pk + (whose == "author")
    with pytest.raises(CommandError, match=f"@{whose} has no token {pk}"):
        run(whose, "--revoke", str(pk))
    assert Token.objects.count() == 1


def test_an_unknown_user_is_an_error(db):
    with pytest.raises(CommandError, match="no user named 'nobody'"):
        run("nobody")


def test_a_suspended_user_gets_no_token_but_one_can_be_revoked(cast: Cast):
    run("author")
    cast.author.is_active = False
    cast.author.save()
    with pytest.raises(CommandError, match="@author is suspended"):
        run("author")
    run("author", "--revoke", str(Token.objects.get().pk))
    assert not Token.objects.exists()


@pytest.mark.parametrize(("length", "fits"), [(60, True), (61, False)])
def test_a_label_has_at_most_60_characters(cast: Cast, length, fits):
    if fits:
        run("author", "--label", "x" * length)
    else:
        with pytest.raises(CommandError, match="61 characters long; 60 are allowed"):
            run("author", "--label", "x" * length)
    assert Token.objects.count() == fits

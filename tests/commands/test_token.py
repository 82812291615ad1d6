"""`manage.py token`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from livefeed.models import Event, Token
from livefeed.models.token import PREFIX, digest
from tests.factories import Cast


def run(*words: str) -> tuple[list[str], list[str]]:
    """The lines of its output and of its remarks."""
    out, err = StringIO(), StringIO()
    call_command("token", *words, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_it_makes_a_token_that_is_shown_once_and_kept_only_as_a_hash(cast: Cast):
    (text,), (remark,) = run("author", "--label", "the weather")

    token = Token.objects.get()
    assert text.startswith(PREFIX)
    assert Token.objects.by_texts([text]) == {text: token}
    assert (token.user, token.label, token.digest) == (cast.author, "the weather", digest(text))
    assert text not in (token.digest, str(token))
    assert remark == f"Token {token.pk} for @author. Keep it: it is not shown again."


@pytest.mark.parametrize("name", ["Author", "@author", "@AUTHOR"])
def test_a_name_is_taken_however_it_is_written(cast: Cast, name):
    run(name)
    assert Token.objects.get().user == cast.author


def test_no_two_tokens_are_alike(cast: Cast):
    assert len({run("author")[0][0] for _ in range(5)}) == 5


def test_it_lists_one_person_s_tokens_without_their_texts(cast: Cast):
    (first,), _ = run("author", "--label", "the weather")
    (second,), _ = run("author")
    run("stranger", "--label", "somebody else's")

    lines, _ = run("author", "--list")

    tokens = cast.author.tokens.order_by("pk")
    assert lines == [f"{each.pk}\t{each.created_at:%Y-%m-%d %H:%M}\t{each.label}" for each in tokens]
    assert not any(text in line for text in (first, second) for line in lines)


def test_it_lists_nothing_where_there_is_none(cast: Cast):
    assert run("author", "--list") == ([], [])


def test_it_revokes_one_token_and_announces_it(cast: Cast):
    (revoked,), (kept,) = run("author")[0], run("author")[0]
    token = Token.objects.by_texts([revoked])[revoked]
    pk = token.pk

    assert run("author", "--revoke", str(pk)) == ([f"Token {pk} is revoked."], [])

    assert list(Token.objects.by_texts([revoked, kept])) == [kept]
    event = Event.objects.latest("pk")
    assert (event.kind, event.subject_id, event.actor_id) == ("token.revoked", pk, cast.author.pk)


@pytest.mark.parametrize("whose", ["stranger", "author"])
def test_somebody_else_s_token_and_one_that_is_not_there_cannot_be_revoked(cast: Cast, whose):
    run("author")
    pk = Token.objects.get().pk + (whose == "author")
    with pytest.raises(CommandError, match=f"@{whose} has no token {pk}"):
        run(whose, "--revoke", str(pk))
    assert Token.objects.count() == 1


def test_nobody_by_that_name(db):
    with pytest.raises(CommandError, match="nobody by the name 'nobody'"):
        run("nobody")


def test_somebody_suspended_gets_none_but_can_lose_one(cast: Cast):
    run("author")
    cast.author.is_active = False
    cast.author.save()
    with pytest.raises(CommandError, match="@author is suspended"):
        run("author")
    run("author", "--revoke", str(Token.objects.get().pk))
    assert not Token.objects.exists()


@pytest.mark.parametrize(("length", "fits"), [(60, True), (61, False)])
def test_a_label_has_its_length(cast: Cast, length, fits):
    if fits:
        run("author", "--label", "x" * length)
    else:
        with pytest.raises(CommandError, match="61 characters long; 60 are allowed"):
            run("author", "--label", "x" * length)
    assert Token.objects.count() == fits

"""Likes and bookmarks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from livefeed.models import Bookmark, Like, NotActivatedError, Post
from livefeed.models.reaction import Reaction
from livefeed.models.user import NOT_ACTIVATED_TO_REACT
from livefeed.views.posts import GONE, find_post
from livefeed.views.resource import Request, SignedInResource


@contextmanager
def reacting() -> Iterator[None]:
    """Answers a reaction with 404 if its post was removed meanwhile, and with 403 if the account is not activated."""
    try:
        yield
    except Post.DoesNotExist:
        raise Http404(GONE) from None
    except NotActivatedError:
        raise PermissionDenied(NOT_ACTIVATED_TO_REACT) from None


class ReactionView(SignedInResource):
    """The viewer's reaction to a post: `POST` adds it, `DELETE` removes it.

    htmx requests get an empty answer. Without scripts the post's page follows or, if the reaction exists already, a
    page that asks whether to remove it.
    """

    model: ClassVar[type[Reaction]]
    word: ClassVar[str]
    end_word: ClassVar[str]

    def post(self, request: Request, pk: int) -> HttpResponse:
        post = find_post(request, pk)
        with reacting():
            is_new = self.model.objects.add(self.viewer, post)
        if is_new or request.htmx:
            return self.answer(post)
        context = {"post": post, "word": self.word, "end_word": self.end_word, "address": request.path}
        return render(request, "posts/reaction.html", context)

    def delete(self, request: Request, pk: int) -> HttpResponse:
        post = find_post(request, pk)
        self.model.objects.remove(self.viewer, post)
        return self.answer(post)

    def answer(self, post: Post) -> HttpResponse:
        return HttpResponse(status=204) if self.request.htmx else redirect(post)


class LikeView(ReactionView):
    """The viewer's like of a post."""

    model = Like
    word = "like"
    end_word = "Unlike"


class BookmarkView(ReactionView):
    """The viewer's bookmark of a post."""

    model = Bookmark
    word = "keep"
    end_word = "Remove the bookmark"

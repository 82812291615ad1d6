"""Likes and bookmarks."""

from typing import ClassVar

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from livefeed.models import Bookmark, Like, Post
from livefeed.models.reaction import Reaction
from livefeed.views.posts import GONE, find_post
from livefeed.views.resource import Request, SignedInResource


class MarkView(SignedInResource):
    """Whether the viewer has marked a post: `POST` marks it, `DELETE` takes the mark away. Scripts get an empty answer;
    without one the post's page follows, or, if it was marked before, the question whether that should end."""

    model: ClassVar[type[Reaction]]
    word: ClassVar[str]
    end_word: ClassVar[str]

    def post(self, request: Request, pk: int) -> HttpResponse:
        post = find_post(request, pk)
        try:
            is_new = self.model.objects.add(self.viewer, post)
        except Post.DoesNotExist:
            raise Http404(GONE) from None
        if not self.request.htmx and not is_new:
            words = {"word": self.word, "end_word": self.end_word, "address": request.path}
            return render(request, "posts/marked.html", {"post": post, **words})
        return self.answer(post)

    def delete(self, request: Request, pk: int) -> HttpResponse:
        post = find_post(request, pk)
        self.model.objects.remove(self.viewer, post)
        return self.answer(post)

    def answer(self, post: Post) -> HttpResponse:
        return HttpResponse(status=204) if self.request.htmx else redirect(post)


class LikeView(MarkView):
    """Whether the viewer likes a post."""

    model, word, end_word = Like, "like", "Unlike"


class BookmarkView(MarkView):
    """Whether the viewer keeps a post."""

    model, word, end_word = Bookmark, "keep", "Remove the bookmark"

"""Deleting a post: what goes with it, and how to bring it back."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from livefeed.content.fragments import render_post
from livefeed.models import Post
from livefeed.templatetags.livefeed import excerpt
from livefeed.views.posts import find_own_post
from livefeed.views.resource import Request, SignedInResource

TOO_LATE = "It is too late for that: the post is deleted for good, or it is back already."


class DeletionView(SignedInResource):
    """The question whether a post is to be deleted: `GET` asks it. The answer is the post's own `DELETE`."""

    def get(self, request: Request, pk: int) -> HttpResponse:
        post = find_own_post(request, pk)
        context = {"post": post, "excerpt": excerpt(post), "consequences": consequences(post)}
        return render(request, "posts/_deletion.html" if request.htmx else "posts/delete.html", context)


def consequences(post: Post) -> str:
    """What its deletion means, for people."""
    pictures, likes, replies = post.pictures_count, post.likes_count, post.replies_count
    along = [_counted(count, word) for count, word in ((pictures, "picture"), (likes, "like")) if count]
    goes = "It disappears for everybody" + (f", with its {' and '.join(along)}" if along else "")
    stays = f" Its {_counted(replies, 'reply', 'replies')} stay{'s' if replies == 1 else ''}." if replies else ""
    return f"{goes}.{stays}"


def _counted(count: int, one: str, many: str = "") -> str:
    return one if count == 1 else f"{count:,} {many or one + 's'}"


class RemovalView(SignedInResource):
    """That a post of one's own was removed: `GET` says so, `DELETE` brings it back while it can be."""

    def get(self, request: Request, pk: int) -> HttpResponse:
        return render(request, "posts/removed.html", {"post": self.find(pk)})

    def delete(self, request: Request, pk: int) -> HttpResponse:
        post = self.find(pk)
        try:
            post.restore()
        except Post.DoesNotExist:
            raise Http404(TOO_LATE) from None
        return HttpResponse(render_post(post)) if self.request.htmx else redirect(post)

    def find(self, pk: int) -> Post:
        post: Post | None = (
            Post.objects.with_related().filter(author=self.viewer, pk=pk, removed_at__isnull=False).first()
        )
        if post is None:
            raise Http404(TOO_LATE)
        return post

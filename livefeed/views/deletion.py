"""Deletion of a post: confirmation, and undo."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from livefeed.content.fragments import render_post
from livefeed.models import Post
from livefeed.templatetags.livefeed import excerpt
from livefeed.views.posts import find_own_post
from livefeed.views.resource import Request, SignedInResource

TOO_LATE = "It is too late for that: the post is deleted for good, or has been restored already."


class DeletionView(SignedInResource):
    """Confirmation before a post is deleted. The confirmed form sends `DELETE` to the post itself."""

    def get(self, request: Request, pk: int) -> HttpResponse:
        post = find_own_post(request, pk)
        context = {"post": post, "excerpt": excerpt(post), "consequences": consequences(post)}
        return render(request, "posts/_deletion.html" if request.htmx else "posts/delete.html", context)


def consequences(post: Post) -> str:
    """Returns what the deletion of a post removes and what remains, in sentences for its author."""
    removed = []
    if pictures := post.pictures_count:
        removed.append(ngettext("picture", "{:,} pictures", pictures).format(pictures))
    if likes := post.likes_count:
        removed.append(ngettext("like", "{:,} likes", likes).format(likes))
    sentences = "It disappears for everyone"
    if removed:
        sentences += f", with its {' and '.join(removed)}"
    sentences += "."
    if replies := post.replies_count:
        sentences += ngettext(" Its reply stays.", " Its {:,} replies stay.", replies).format(replies)
    return sentences


class RemovalView(SignedInResource):
    """A post that its author has just deleted: `GET` offers to restore it, `DELETE` restores it within the time
    limit."""

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
        own_removed = Post.objects.with_related().filter(author=self.viewer, removed_at__isnull=False)
        post: Post | None = own_removed.filter(pk=pk).first()
        if post is None:
            raise Http404(TOO_LATE)
        return post

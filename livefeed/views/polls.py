"""Votes in the polls of posts."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect

from livefeed.live.views import is_number
from livefeed.models import VoteError
from livefeed.views.errors import conflict
from livefeed.views.posts import find_post
from livefeed.views.reactions import reacting
from livefeed.views.resource import Request, SignedInResource

NO_POLL = "This post has no poll."


class VotesView(SignedInResource):
    """The votes in the poll of a post: `POST` adds the viewer's. The fields `choice-<id of the post>` are ids of
    options; the id is part of their name because all polls of a page belong to one form.

    htmx requests get the present numbers of votes as JSON; without scripts the post's page follows.
    """

    def post(self, request: Request, pk: int) -> HttpResponse:
        post = find_post(request, pk)
        if not post.has_poll:
            raise Http404(NO_POLL)
        choices = request.POST.getlist(f"choice-{pk}")
        try:
            with reacting():
                post.poll.vote(self.viewer, {int(choice) if is_number(choice) else 0 for choice in choices})
        except VoteError as error:
            return conflict(request, str(error))
        return JsonResponse(post.poll.counts) if self.request.htmx else redirect(post)

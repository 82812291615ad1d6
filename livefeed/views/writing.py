"""The signal that the viewer is writing a reply."""

from django.http import HttpResponse

from livefeed.live.writing import writes_reply
from livefeed.models import Post
from livefeed.views.posts import find_post
from livefeed.views.resource import Request, SignedInResource


class WritingView(SignedInResource):
    """A reply that the viewer is writing: `POST` shows that for a moment on the open pages of the thread, to the users
    who may see a reply with this `audience`. Nothing is saved."""

    def post(self, request: Request, pk: int) -> HttpResponse:
        is_for_followers = request.POST.get("audience") == Post.Audience.FOLLOWERS
        audience = Post.Audience.FOLLOWERS if is_for_followers else Post.Audience.PUBLIC
        writes_reply(self.viewer, find_post(request, pk), audience)
        return HttpResponse(status=204)

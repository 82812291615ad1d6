"""Pictures: upload, removal before posting, and the image files."""

from uuid import UUID

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response

from livefeed.content.conversion import RetryLaterError
from livefeed.content.images import PictureError
from livefeed.models import Picture
from livefeed.models.picture import SIZES
from livefeed.views.errors import retry_later, unprocessable
from livefeed.views.resource import Request, SignedInResource, viewer_of

GONE = "This picture does not exist any more."
PUBLIC_CACHE = "private, max-age=300, must-revalidate"
"""For pictures that visitors may see. Only browsers keep them, so a deleted picture is gone everywhere within five
minutes: a proxy could go on sending it to others."""
RESTRICTED_CACHE = "private, no-cache"
"""For all others: browsers ask each time, so that sign-out and the end of a follow take effect at once."""


class PicturesView(SignedInResource):
    """Pictures for a post that is being written: `POST` uploads a `file` and returns its part of the form."""

    def get(self, request: Request) -> HttpResponse:
        return redirect("home")

    def post(self, request: Request) -> HttpResponse:
        file = request.FILES.get("file")
        if file is None:
            return unprocessable(request, "Choose a picture first.")
        try:
            picture = Picture.objects.store(self.viewer, file)
        except RetryLaterError as error:
            return retry_later(request, str(error), error.retry_after)
        except PictureError as error:
            return unprocessable(request, str(error))
        return render(request, "posts/_picture.html", {"picture": picture})


class PictureView(SignedInResource):
    """An uploaded picture of the viewer that is not posted yet: `GET` returns its part of the form, `DELETE` deletes
    it."""

    def get(self, request: Request, pk: UUID) -> HttpResponse:
        return render(request, "posts/_picture.html", {"picture": self.find(pk)})

    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        self.find(pk).delete()
        return HttpResponse(status=204)

    def find(self, pk: UUID) -> Picture:
        picture: Picture | None = Picture.objects.unused().filter(owner=self.viewer, pk=pk).first()
        if picture is None:
            raise Http404(GONE)
        return picture


def picture_file(request: HttpRequest, pk: UUID, size: str) -> HttpResponse:
    """Returns an image file to viewers who may see its picture, or 304 to a browser that has it already: a URL is never
    reused for another file."""
    picture: Picture | None = Picture.objects.visible_to(viewer_of(request)).filter(pk=pk).distinct().first()
    if picture is None or size not in SIZES:
        raise Http404(GONE)
    etag = f'"{pk.hex}-{size}"'
    response = get_conditional_response(request, etag=etag) or _file_response(picture.path(size))
    response["ETag"] = etag
    response["Cache-Control"] = PUBLIC_CACHE if picture.is_public else RESTRICTED_CACHE
    return response


def _file_response(path: str) -> HttpResponse:
    try:
        with default_storage.open(path) as file:
            return HttpResponse(file.read(), content_type="image/webp")
    except FileNotFoundError:
        raise Http404(GONE) from None

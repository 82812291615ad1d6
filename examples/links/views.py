"""Pages of the shared list of links."""

from django.contrib.auth.decorators import login_required
from django.forms import modelform_factory
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from links.models import Link
from livefeed.live import log
from livefeed.views.resource import viewer_of

LinkForm = modelform_factory(Link, fields=["title", "address", "for_followers"])
EditForm = modelform_factory(Link, fields=["title", "address"])
MAX_LINKS = 200


def links(request):
    """The newest links, and a form that adds one."""
    viewer = viewer_of(request)
    form = LinkForm(request.POST or None) if viewer and viewer.is_activated else None
    if form and form.is_valid():
        form.instance.added_by = viewer
        form.save()
        return redirect("links")
    cursor = log.head()  # before the links are read
    shown = list(Link.objects.visible_to(viewer)[: MAX_LINKS + 1])
    context = {"form": form, "cursor": cursor, "links": shown[:MAX_LINKS], "has_more": len(shown) > MAX_LINKS}
    return render(request, "links/links.html", context)


@login_required
def link(request, pk):
    """A form that edits one of the user's own links."""
    form = EditForm(request.POST or None, instance=get_object_or_404(Link, pk=pk, added_by=request.user))
    if form.is_valid():
        form.save()
        return redirect("links")
    return render(request, "links/link.html", {"form": form})


@login_required
@require_POST
def delete_link(request, pk):
    """Deletes one of the user's own links."""
    get_object_or_404(Link, pk=pk, added_by=request.user).delete()
    return redirect("links")

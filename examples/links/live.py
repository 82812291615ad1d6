"""Makes links live."""

from links.models import Link
from livefeed.live.declarations import PUBLIC, LiveModel, register
from livefeed.live.readers import View
from livefeed.live.views import ViewType, register_view


@register
class LiveLink(LiveModel[Link]):
    """Links. The actor of their events is the user who added the link."""

    model = Link
    name = "link"
    template = "links/_link.html"

    def topics(self, instance):
        return ["links"]

    def actor_id(self, instance):
        return instance.added_by_id

    def audience(self, instance):
        return "followers" if instance.for_followers else PUBLIC

    def visible_to(self, viewer):
        return Link.objects.visible_to(viewer)

    def fetch(self, ids):
        return Link.objects.shown().filter(pk__in=ids)

    def as_json(self, instance):
        names = {"title": instance.title, "address": instance.address, "added_by": instance.added_by.username}
        return {"id": instance.pk} | names

    def values(self, instance):
        return self.as_json(instance) | {"user_id": instance.added_by_id, "for_followers": instance.for_followers}


def open_links(key, user):
    """Returns the view `links`, which has no key, and which everyone may open."""
    return None if key else View("links", topics=frozenset({"links", "authors"}), depends_on_follows=True)


register_view(ViewType("links", "/links/", open_links))

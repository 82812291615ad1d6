"""Small pieces of HTML that every page uses."""

from html import unescape
from zlib import crc32

from django import template
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString

from livefeed.content import trends
from livefeed.content.fragments import render_card, render_post
from livefeed.content.markup import render
from livefeed.content.trends import Trend
from livefeed.models import Event, Notification, Picture, Post, Preferences, Profile, User
from livefeed.models.picture import picture_url

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of our own drawing; decoration, so it has no name of its own."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("icons.svg"), name)


@register.simple_tag
def avatar(person: User, picture: Picture | None = None) -> SafeString:
    """A person's picture (`picture`, if it is to be another one), or initials on a hue taken from the name, as SVG.
    `fill` is an attribute, not a style: the content security policy allows no inline styles."""
    if shown := picture.pk if picture else person.avatar_id:
        address = picture_url(shown, "small")
        return format_html('<img class="avatar" src="{}" width="40" height="40" alt="" decoding="async">', address)
    return format_html(
        '<svg class="avatar" viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="20" fill="{}"/>'
        '<text x="20" y="20" dy=".35em" text-anchor="middle">{}</text></svg>',
        f"oklch(0.52 0.11 {crc32(person.username.lower().encode()) % 360})",
        initials(person.display_name),
    )


def initials(name: str) -> str:
    """The first characters of the first and the last word: "Mara Lindqvist" gives "ML"."""
    words = [word for word in name.replace("_", " ").split() if word[0].isalnum()] or [name or "?"]
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper()


@register.filter
def markup(text: str) -> SafeString:
    """What somebody typed, as HTML."""
    return render(text)


@register.filter
def number(count: int) -> str:
    """A number as people read it: 12,345."""
    return f"{count:,}"


@register.filter
def excerpt(post: Post) -> str:
    """The beginning of a post in plain words: its text, else its title, else how many pictures it has."""
    text = unescape(strip_tags(render(post.body))).strip()
    count = post.pictures_count
    return text or post.title or (f"{count} pictures" if count > 1 else "A picture")


@register.inclusion_tag("notifications/_badge.html", takes_context=True)
def unread_badge(context: Context) -> dict[str, int]:
    """How many notifications the reader has not read, and the log's position before that was counted: a page without a
    feed listens from there."""
    cursor = context["cursor"] if "cursor" in context else Event.objects.head()
    return {"cursor": cursor, "unread": Notification.objects.unread_count(context["user"])}


@register.simple_tag(takes_context=True)
def preferences(context: Context) -> Preferences:
    """What the reader chose; what holds for everybody, for a visitor and where a page has no reader."""
    user = context.get("user")
    return Preferences.objects.for_user(user) if user is not None and user.is_authenticated else Preferences()


@register.simple_tag
def trending_tags() -> list[Trend]:
    """What is talked about."""
    return trends.trending_tags()


@register.simple_tag
def card(profile: Profile) -> SafeString:
    """What a person's page says of them, the same to everybody."""
    return render_card(profile)


@register.simple_tag
def fragment(post: Post) -> SafeString:
    """A post as sockets carry it, too."""
    return render_post(post)

"""Tags and filters available in every template."""

from collections.abc import Iterable
from functools import cache
from html import unescape
from uuid import uuid4
from zlib import crc32

from django import template
from django.db.models import Model
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString

from livefeed.content import trends
from livefeed.content.fragments import render_card, render_posts
from livefeed.content.markup import render
from livefeed.content.trends import Trend
from livefeed.forms.post import PostForm, reply_form
from livefeed.live.announcements import ShownAnnouncements, dismissed_by_visitor
from livefeed.live.declarations import get_live_model
from livefeed.models import Picture, Post, Preferences, Profile, User
from livefeed.models.page_state import PageState
from livefeed.models.picture import picture_url

DEFAULT_PREFERENCES = Preferences()

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Returns an icon from static/icons.svg. It is hidden from screen readers: icons are decoration."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("icons.svg"), name)


@register.simple_tag
def avatar(user: User, picture: Picture | None = None) -> SafeString:
    """Returns a user's picture, or `picture` in its place; without one an SVG of the initials, coloured by the name.

    `fill` is an attribute and not a style, because the content security policy forbids inline styles.
    """
    picture_id = picture.pk if picture else user.avatar_id
    if picture_id:
        address = picture_url(picture_id, "small")
        return format_html('<img class="avatar" src="{}" width="40" height="40" alt="" decoding="async">', address)
    return format_html(
        '<svg class="avatar" viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="20" fill="{}"/>'
        '<text x="20" y="20" dy=".35em" text-anchor="middle">{}</text></svg>',
        f"oklch(0.52 0.11 {crc32(user.username.lower().encode()) % 360})",
        initials(user.display_name),
    )


def initials(name: str) -> str:
    """Returns the first characters of the first and the last word: "ML" for "Mara Lindqvist"."""
    words = [word for word in name.replace("_", " ").split() if word[0].isalnum()] or [name or "?"]
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper()


@register.filter
def markup(text: str) -> SafeString:
    """Returns Light Markdown as HTML."""
    return render(text)


@register.filter
def number(count: int) -> str:
    """Returns a number with separators: 12,345."""
    return f"{count:,}"


@register.filter
def excerpt(post: Post) -> str:
    """Returns a post's text without markup; without text its title, without title the number of its pictures."""
    text = unescape(strip_tags(render(post.body))).strip()
    count = post.pictures_count
    return text or post.title or (f"{count} pictures" if count > 1 else "A picture")


@register.simple_tag(takes_context=True)
def page_state(context: Context) -> PageState:
    """Returns the state that the view has read. If it has read none, reads it; it is empty on pages without a
    request."""
    if "state" in context:
        state: PageState = context["state"]
        return state
    user = context.get("user")
    if user is None:
        return PageState()
    return PageState.of(user if user.is_authenticated else None)


@register.simple_tag(takes_context=True)
def announcements(context: Context, state: PageState) -> ShownAnnouncements:
    """Returns the announcements that a page shows to its viewer."""
    request = context["request"]
    is_user = request.user.is_authenticated
    return ShownAnnouncements.of(state, state.dismissed.split() if is_user else dismissed_by_visitor(request.COOKIES))


@register.simple_tag(takes_context=True)
def preferences(context: Context) -> Preferences:
    """Returns the user's preferences; the defaults for visitors and for pages without a request."""
    return getattr(context.get("user"), "preferences", None) or DEFAULT_PREFERENCES


@register.simple_tag
def trending_tags() -> list[Trend]:
    """Returns the trending tags."""
    return trends.trending_tags()


@register.simple_tag
def card(profile: Profile) -> SafeString:
    """Returns the cached HTML of a profile card."""
    return render_card(profile)


@register.simple_tag
def fragment(instance: Model) -> SafeString:
    """Returns the cached HTML of a row of a live model: for posts, and for models of other apps."""
    return get_live_model(type(instance)).render(instance)


@register.simple_tag
def fragments(posts: Iterable[Post]) -> SafeString:
    """Returns the cached HTML of posts."""
    return render_posts(posts)


@register.simple_tag
def empty_composer(parent: Post | None) -> PostForm:
    """Returns the form of a new post, or of a reply to `parent`."""
    return reply_form(parent) if parent else PostForm()


@register.simple_tag
def composer_key(form: PostForm | None) -> str:
    """Returns the key of a submitted form, or a new one for the empty composer."""
    return str(form["key"].value() if form else uuid4())

"""Forms to write and edit a post."""

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property

from livefeed.forms.attachments import Attachments
from livefeed.forms.poll import PollForm
from livefeed.forms.text import LineField, MultilineField
from livefeed.models import Post
from livefeed.models.post import BODY_MAX, TITLE_MAX


class IdempotencyKeyField(forms.Field):
    """UUID that identifies a submission, so that sending it twice creates one post. An invalid value counts as
    missing."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> UUID | None:
        with suppress(ValueError):
            return UUID(str(value))
        return None


MISSING_QUESTION = "Ask the question of your poll here."
OUT_OF_DATE = "This editor is out of date. Copy your text, reload the page and edit again."


def too_long(subject: str, max_length: int) -> str:
    return f"{subject} has %(show_value)d characters. The limit is {max_length:,}."


class PostForm(forms.Form):
    """A new post: an optional title, a body, pictures, a poll and an audience. A `key` sent twice creates one post."""

    title = LineField(
        required=False,
        max_length=TITLE_MAX,
        error_messages={"max_length": too_long("The title", TITLE_MAX)},
        widget=forms.TextInput(
            attrs={"placeholder": "Title (optional)", "autocomplete": "off", "class": "composer-title"}
        ),
    )
    body = MultilineField(
        required=False,
        max_length=BODY_MAX,
        error_messages={"max_length": too_long("Your post", BODY_MAX)},
        widget=forms.Textarea(attrs={"placeholder": "What is on your mind?", "rows": 2, "class": "composer-body"}),
    )
    key = IdempotencyKeyField(required=False, initial=uuid4)
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput)
    audience = forms.ChoiceField(
        choices=Post.Audience.choices,
        initial=Post.Audience.PUBLIC,
        error_messages={"invalid_choice": "Choose who may see it: everyone or your followers."},
        widget=forms.Select(attrs={"aria-label": "Who may see it", "class": "composer-audience"}),
    )

    def __init__(
        self,
        data: QueryDict | dict[str, str] | None = None,
        *,
        pictures: Attachments | None = None,
        ids: str = "composer",
        **kwargs: Any,
    ) -> None:
        values = None if data is None else {name: data.get(name, "") for name in self.base_fields}
        if values and "key" in values:
            values["key"] = values["key"] or str(uuid4())
            values["audience"] = values["audience"] or Post.Audience.PUBLIC
        super().__init__(values, auto_id=f"{ids}-%s", **kwargs)
        self.pictures = pictures or Attachments([])
        self._poll_data = data
        for name, label, max_length in (("title", "Title", TITLE_MAX), ("body", "Post", BODY_MAX)):
            # The server checks the length: the browser's own limit would cut a text that is too long.
            attributes = self.fields[name].widget.attrs
            attributes.pop("maxlength", None)
            attributes |= {"aria-label": label, "data-max-length": max_length}
        self._declare_default_audience()

    def _declare_default_audience(self) -> None:
        """Names, for the script, the audience to which the composer returns after a post. A rejected reply has none."""
        if "audience" not in self.fields or (self.is_bound and self["parent"].value()):
            return
        audience = self.fields["audience"]
        audience.widget.attrs["data-default"] = self.get_initial_for_field(audience, "audience")

    @cached_property
    def poll(self) -> PollForm:
        """The fields of the poll. Made only when they are shown or sent."""
        return PollForm(self._poll_data, prefix="poll", auto_id=str(self.auto_id))

    def clean(self) -> dict[str, Any]:
        """Requires a body or, without a poll, pictures. Raises `ValidationError` if the pictures or the poll cannot be
        posted."""
        text: dict[str, Any] = self.cleaned_data
        if "body" in text and self.poll.is_filled and not text["body"]:
            self.add_error("body", MISSING_QUESTION)
        elif "body" in text and not (text["body"] or self.pictures.shown or self.pictures.errors):
            self.add_error("body", "Write something first.")
        self.pictures.check()
        self.poll.check()
        return text | {"pictures": self.pictures.value, "poll": self.poll.value}


def reply_form(post: Post) -> PostForm:
    """Returns an empty composer for replies to a post."""
    form = PostForm(initial={"parent": post.pk, "audience": post.audience})
    form.fields["body"].widget.attrs["placeholder"] = f"Reply to {post.author.display_name}"
    return form


class EditForm(PostForm):
    """An edit of a post. `version` is the version that the editor was opened with, so that a concurrent edit is not
    overwritten unseen."""

    key = None  # type: ignore[assignment]  # a repeated edit changes nothing
    audience = None  # type: ignore[assignment]  # fixed when the post is created
    parent = None  # type: ignore[assignment]
    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": OUT_OF_DATE, "invalid": OUT_OF_DATE}
    )

    def __init__(self, data: QueryDict | dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["body"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        """Leaves the pictures unchanged if the form was sent without its pictures part. A poll cannot be edited."""
        text = super().clean()
        del text["poll"]
        return text if self.pictures.is_submitted else text | {"pictures": None}

    @classmethod
    def of(cls, post: Post) -> "EditForm":
        """Returns the editor of a post, its element ids distinct from those of other editors on the page."""
        initial = {"title": post.title, "body": post.body, "version": post.version}
        return cls(initial=initial, ids=f"edit-{post.pk}", pictures=Attachments.of(post))

    def add_conflict(self, current: Post) -> None:
        """Adds the error of a concurrent edit, and adopts the current version: saving again overwrites that edit."""
        self.data = {**self.data, "version": str(current.version)}
        self.add_error(
            "body", "This post was changed elsewhere while you were editing it. Save again to keep your text."
        )

"""The composer and the editor."""

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict

from livefeed.forms.attachments import Attachments
from livefeed.forms.text import TidyLine, TidyText
from livefeed.models import Post
from livefeed.models.post import BODY_MAX, TITLE_MAX


class Key(forms.Field):
    """A key that makes a repeated submission the same post; one that is garbled counts as none."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> UUID | None:
        with suppress(ValueError):
            return UUID(str(value))
        return None


OUT_OF_DATE = "This editor is out of date. Copy your text, reload the page and edit again."


def too_long(what: str, most: int) -> str:
    return f"{what} has %(show_value)d characters; {most:,} fit."


class PostForm(forms.Form):
    """What somebody writes: an optional title and a body. `key` makes a repeated submission the same post."""

    title = TidyLine(
        required=False,
        max_length=TITLE_MAX,
        error_messages={"max_length": too_long("The title", TITLE_MAX)},
        widget=forms.TextInput(
            attrs={"placeholder": "Title (optional)", "autocomplete": "off", "class": "composer-title"}
        ),
    )
    body = TidyText(
        required=False,
        max_length=BODY_MAX,
        error_messages={"max_length": too_long("Your post", BODY_MAX)},
        widget=forms.Textarea(attrs={"placeholder": "What is on your mind?", "rows": 2, "class": "composer-body"}),
    )
    key = Key(required=False, initial=uuid4)
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput)
    audience = forms.ChoiceField(
        choices=Post.Audience.choices,
        initial=Post.Audience.PUBLIC,
        error_messages={"invalid_choice": "Choose who may see it: everybody or your followers."},
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
        typed = None if data is None else {name: data.get(name, "") for name in self.base_fields}
        if typed and "key" in typed:
            typed["key"] = typed["key"] or str(uuid4())
            typed["audience"] = typed["audience"] or Post.Audience.PUBLIC
        super().__init__(typed, auto_id=f"{ids}-%s", **kwargs)
        self.pictures = pictures or Attachments([])
        for name, label, most in (("title", "Title", TITLE_MAX), ("body", "Post", BODY_MAX)):
            # The server counts, so that a text that is too long comes back whole instead of being cut by the browser.
            attributes = self.fields[name].widget.attrs
            attributes.pop("maxlength", None)
            attributes |= {"aria-label": label, "data-most": most}

    def clean(self) -> dict[str, Any]:
        """Text, or pictures, or both. Raises `ValidationError` with sentences for people."""
        text: dict[str, Any] = self.cleaned_data
        if "body" in text and not (text["body"] or self.pictures.shown or self.pictures.errors):
            self.add_error("body", "Write something first.")
        self.pictures.check()
        return text | {"pictures": self.pictures.value}


def reply_form(post: Post) -> PostForm:
    """An empty composer for replies to a post."""
    form = PostForm(initial={"parent": post.pk, "audience": post.audience})
    form.fields["body"].widget.attrs["placeholder"] = f"Reply to {post.author.display_name}"
    return form


class EditForm(PostForm):
    """The same text once more. `version` is what the editor saw: somebody else's change meanwhile is not overwritten
    unseen."""

    key = None  # type: ignore[assignment]  # an edit repeated is the same edit
    audience = None  # type: ignore[assignment]  # chosen once
    parent = None  # type: ignore[assignment]
    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": OUT_OF_DATE, "invalid": OUT_OF_DATE}
    )

    def __init__(self, data: QueryDict | dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["body"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        """A form that says nothing of pictures leaves them as they are."""
        text = super().clean()
        return text if self.pictures.is_told else text | {"pictures": None}

    @classmethod
    def of(cls, post: Post) -> "EditForm":
        """The editor as it opens, ids kept apart from those of other editors on the page."""
        initial = {"title": post.title, "body": post.body, "version": post.version}
        return cls(initial=initial, ids=f"edit-{post.pk}", pictures=Attachments.of(post))

    def clash(self, current: Post) -> None:
        """Says that the post was changed meanwhile; the next save then counts as having seen that."""
        self.data = {**self.data, "version": str(current.version)}
        self.add_error(
            "body", "This post was changed elsewhere while you were editing it. Save again to keep your text."
        )

"""The pictures of a post, as a form holds them: those handed in before, by their ids, and files sent along by a browser
without scripts."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from livefeed.content.images import PictureError
from livefeed.content.sanitize import clean_line, clean_text
from livefeed.models import Picture, Post, User
from livefeed.models.picture import DESCRIPTION_MAX, MOST, Attachment

Typed = QueryDict | MultiValueDict[str, Any]
TOO_MANY = f"{MOST} pictures fit into a post."
TOO_LONG = f"A description of a picture is too long: {DESCRIPTION_MAX:,} characters fit."
GONE = "A picture is not there any more. Remove it, and choose it again."


class Attachments:
    """What a form says of pictures. `shown` are the pictures as they are to be shown in the form again, each with its
    description as typed; `errors` are sentences for people. Not `is_told`: it says nothing of pictures."""

    def __init__(self, shown: list[Picture], errors: list[str] | None = None, *, is_told: bool = True) -> None:
        self.shown = shown
        self.errors = errors or []
        self.is_told = is_told

    @classmethod
    def of(cls, post: Post) -> "Attachments":
        """Those of a post."""
        return cls(list(post.pictures.all()) if post.pictures_count else [])

    @classmethod
    def typed(cls, owner: User | None, data: Typed, files: MultiValueDict[str, Any]) -> "Attachments":
        """Those that `owner` sent. Files sent along are kept at once, so that they are not lost if the rest of the
        form is sent back."""
        errors: list[str] = []
        removed = set(data.getlist("picture_removed"))
        wanted = [
            (picture_id, clean_text(description))
            for picture_id, description in _pairs(data.getlist("picture"), data.getlist("picture_description"))
            if str(picture_id) not in removed
        ]
        is_told = "pictures" in data or bool(wanted or files)
        if owner is None:
            return cls([], is_told=is_told)
        found = Picture.objects.filter(owner=owner).in_bulk([picture_id for picture_id, _ in wanted])
        shown = []
        for picture_id, description in wanted:
            if picture_id in found:
                found[picture_id].description = description
                shown.append(found[picture_id])
            else:
                errors.append(GONE)
        for file in files.getlist("files"):
            if len(shown) >= MOST:
                errors.append(TOO_MANY)
                break  # each takes a second to look at
            try:
                shown.append(Picture.objects.store(owner, file))
            except PictureError as error:
                errors.append(f"{clean_line(file.name)}: {error}")
        return cls(shown, errors, is_told=is_told)

    @property
    def value(self) -> list[Attachment]:
        """The same for the model."""
        return [Attachment(picture.pk, picture.description) for picture in self.shown]

    @property
    def sentences(self) -> list[str]:
        """What is wrong, each thing once."""
        many = [TOO_MANY] if len(self.shown) > MOST else []
        long = [TOO_LONG] if any(len(picture.description) > DESCRIPTION_MAX for picture in self.shown) else []
        return list(dict.fromkeys([*self.errors, *many, *long]))

    def check(self) -> None:
        """Raises `ValidationError` if they cannot be posted."""
        if self.sentences:
            raise forms.ValidationError(self.sentences)


def _pairs(ids: list[str], descriptions: list[str]) -> list[tuple[UUID, str]]:
    """Each id with its description; what is no id is left out."""
    described = descriptions + [""] * len(ids)
    pairs = []
    for text, description in zip(ids, described, strict=False):
        try:
            pairs.append((UUID(text), description))
        except ValueError:
            continue
    return pairs

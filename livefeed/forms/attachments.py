"""Pictures of a post in a form: those uploaded before, by their ids, and files sent with the form by a browser without
scripts."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.base import File
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from livefeed.content.conversion import RetryLaterError
from livefeed.content.images import PictureError
from livefeed.content.sanitize import clean_line, clean_text
from livefeed.models import Picture, Post, User
from livefeed.models.picture import DESCRIPTION_MAX, MAX_PICTURES, Attachment

FormData = QueryDict | MultiValueDict[str, Any]
TOO_MANY_PICTURES = f"A post can have up to {MAX_PICTURES} pictures."
DESCRIPTION_TOO_LONG = f"A description of a picture is too long. The limit is {DESCRIPTION_MAX:,} characters."
NOT_ADDED = "Not added: {}. Choose other pictures, or continue without."
MISSING_PICTURE = "A picture does not exist any more. Remove it, and choose it again."


class Attachments:
    """Pictures of a form.

    `shown` are the pictures to show in the form again, each with its submitted description; `errors` are messages for
    the user; `not_added` are the names of files that cannot be posted; `retry_after` is the time in seconds after which
    files that were refused only for now can be sent again, or 0; `is_submitted` is False if the form was sent without
    its pictures part.
    """

    def __init__(self, shown: list[Picture], errors: list[str] | None = None, *, is_submitted: bool = True) -> None:
        self.shown = shown
        self.errors = errors or []
        self.not_added: list[str] = []
        self.retry_after = 0
        self.is_submitted = is_submitted

    @classmethod
    def of(cls, post: Post) -> "Attachments":
        """Returns the pictures of a post."""
        return cls(list(post.pictures.all()) if post.pictures_count else [])

    @classmethod
    def submitted(cls, owner: User | None, data: FormData, files: MultiValueDict[str, Any]) -> "Attachments":
        """Returns the pictures that `owner` submitted. Files are stored at once, so that they are not lost if the form
        has errors."""
        descriptions = _descriptions_by_id(data)
        is_submitted = "pictures" in data or bool(descriptions or files)
        attachments = cls([], is_submitted=is_submitted)
        if owner is not None:
            attachments._add_uploaded_before(owner, descriptions)
            attachments._store_files(owner, files.getlist("files"))
        return attachments

    @property
    def value(self) -> list[Attachment]:
        """The pictures as the model takes them."""
        return [Attachment(picture.pk, picture.description) for picture in self.shown]

    @property
    def messages(self) -> list[str]:
        """All errors, without repetitions."""
        messages = [*self.errors]
        if self.not_added:
            messages.append(NOT_ADDED.format(", ".join(self.not_added)))
        if len(self.shown) > MAX_PICTURES:
            messages.append(TOO_MANY_PICTURES)
        if any(len(picture.description) > DESCRIPTION_MAX for picture in self.shown):
            messages.append(DESCRIPTION_TOO_LONG)
        return list(dict.fromkeys(messages))

    def check(self) -> None:
        """Raises `ValidationError` if the pictures cannot be posted."""
        if self.messages:
            raise forms.ValidationError(self.messages)

    def _add_uploaded_before(self, owner: User, descriptions: list[tuple[UUID, str]]) -> None:
        if not descriptions:
            return
        pictures = Picture.objects.filter(owner=owner).in_bulk([picture_id for picture_id, _ in descriptions])
        for picture_id, description in descriptions:
            if picture := pictures.get(picture_id):
                picture.description = description
                self.shown.append(picture)
            else:
                self.errors.append(MISSING_PICTURE)

    def _store_files(self, owner: User, files: Iterable[File[bytes]]) -> None:
        for file in files:
            name = clean_line(file.name or "")
            if len(self.shown) >= MAX_PICTURES:  # not stored: decoding a picture takes up to a few seconds
                self.errors.append(TOO_MANY_PICTURES)
                self.not_added.append(name)
                continue
            try:
                self.shown.append(Picture.objects.store(owner, file))
            except PictureError as error:
                self.errors.append(f"{name}: {error}")
                self.not_added.append(name)
                if isinstance(error, RetryLaterError):
                    self.retry_after = max(self.retry_after, error.retry_after)


def _descriptions_by_id(data: FormData) -> list[tuple[UUID, str]]:
    """Returns the ids of the submitted pictures with their descriptions, without removed pictures and invalid ids."""
    ids = data.getlist("picture")
    descriptions = data.getlist("picture_description")
    descriptions += [""] * (len(ids) - len(descriptions))
    removed = set(data.getlist("picture_removed"))
    found = []
    for text, description in zip(ids, descriptions, strict=False):
        try:
            picture_id = UUID(text)
        except ValueError:
            continue
        if str(picture_id) not in removed:
            found.append((picture_id, clean_text(description)))
    return found

"""What people say about themselves."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator, URLValidator
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from livefeed.content.images import AVATAR, PictureError
from livefeed.forms.text import TidyAddress, TidyLine, TidyText
from livefeed.models import Picture, Profile, User
from livefeed.models.profile import ABOUT_MAX, LINK_MAX, LINKS_MOST

LINK_FIELDS = [f"link_{number}" for number in range(1, LINKS_MOST + 1)]


def link_field(number: int) -> forms.URLField:
    """A web address; one without a scheme is taken for https."""
    field = TidyAddress(
        required=False,
        max_length=LINK_MAX,
        assume_scheme="https",
        label="Links" if number == 1 else f"Link {number}",
        error_messages={
            "invalid": "That is no web address. It looks like https://example.org.",
            "max_length": f"That address is too long: {LINK_MAX} characters fit.",
        },
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "url"}),
    )
    is_address = URLValidator(schemes=["http", "https"], message=field.error_messages["invalid"])
    field.validators = [is_address, MaxLengthValidator(LINK_MAX, field.error_messages["max_length"])]
    return field


class ProfileForm(forms.Form):
    """Display name, a few words, links, and a picture. A picture that is sent is kept at once, lest it be lost if the
    rest comes back; `avatar` is its id."""

    name = TidyLine(
        required=False,
        max_length=50,
        label="Display name",
        help_text="What others read above your posts. Empty: your @name.",
        error_messages={"max_length": "That name is too long: 50 characters fit."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    about = TidyText(
        required=False,
        max_length=ABOUT_MAX,
        label="About you",
        error_messages={"max_length": f"That has %(show_value)d characters; {ABOUT_MAX} fit."},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    link_1, link_2, link_3, link_4 = (link_field(number) for number in range(1, LINKS_MOST + 1))
    avatar = forms.UUIDField(
        required=False,
        error_messages={"invalid": "That picture is not there any more. Choose it again."},
        widget=forms.HiddenInput,
    )
    avatar_file = forms.FileField(required=False)
    avatar_removed = forms.BooleanField(required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        owner: User,
        **kwargs: Any,
    ) -> None:
        super().__init__(None if data is None else data.dict(), files, auto_id="profile-%s", **kwargs)
        self.owner = owner
        self.picture: Picture | None = owner.avatar
        for name in ("name", "about"):
            self.fields[name].widget.attrs.pop("maxlength", None)  # the server counts, and cuts nothing off

    @classmethod
    def of(cls, profile: Profile) -> "ProfileForm":
        """The form as it opens."""
        links = dict(zip(LINK_FIELDS, profile.addresses, strict=False))
        said = {"name": profile.user.name, "about": profile.about, "avatar": profile.user.avatar_id}
        return cls(initial=said | links, owner=profile.user)

    def clean(self) -> dict[str, Any]:
        """Finds the picture that was sent, or sent before."""
        found: dict[str, Any] = self.cleaned_data
        own = Picture.objects.filter(owner=self.owner, post=None)
        self.picture = own.filter(pk=found["avatar"]).first() if found.get("avatar") else None
        if found.get("avatar_removed"):
            self.picture = None
        if file := found.get("avatar_file"):
            try:
                self.picture = Picture.objects.store(self.owner, file, AVATAR)
            except PictureError as error:
                self.add_error("avatar_file", str(error))
        self.data = {**self.data, "avatar": str(self.picture.pk) if self.picture else ""}
        return found

    @property
    def links(self) -> list[forms.BoundField]:
        """The fields of the links."""
        return [self[name] for name in LINK_FIELDS]

    @property
    def said(self) -> dict[str, Any]:
        """The same for `Profile.change`."""
        found = self.cleaned_data
        links = [found[name] for name in LINK_FIELDS if found[name]]
        return {"name": found["name"], "about": found["about"], "links": links, "avatar": self.picture}

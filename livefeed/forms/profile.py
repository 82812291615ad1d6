"""The profile form."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator, URLValidator
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from livefeed.content.conversion import RetryLaterError
from livefeed.content.images import AVATAR, PictureError
from livefeed.forms.text import LineField, MultilineField, WebAddressField
from livefeed.models import Picture, Profile, User
from livefeed.models.profile import ABOUT_MAX, LINK_MAX, MAX_LINKS

LINK_FIELDS = [f"link_{number}" for number in range(1, MAX_LINKS + 1)]


def link_field(number: int) -> forms.URLField:
    """Returns a field for a web address; https is assumed without a scheme."""
    field = WebAddressField(
        required=False,
        max_length=LINK_MAX,
        assume_scheme="https",
        label="Links" if number == 1 else f"Link {number}",
        error_messages={
            "invalid": "Enter a web address such as https://example.org.",
            "max_length": f"That address is too long. The limit is {LINK_MAX} characters.",
        },
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "url"}),
    )
    is_address = URLValidator(schemes=["http", "https"], message=field.error_messages["invalid"])
    field.validators = [is_address, MaxLengthValidator(LINK_MAX, field.error_messages["max_length"])]
    return field


class ProfileForm(forms.Form):
    """Display name, description, links and avatar.

    An uploaded avatar is stored at once, so that it is not lost if the form has errors; `avatar` is its id.
    `retry_after` is the time in seconds after which a file that was refused only for now can be sent again, or 0.
    """

    name = LineField(
        required=False,
        max_length=50,
        label="Display name",
        help_text="Shown above your posts. If empty, your @name is shown.",
        error_messages={"max_length": "That name is too long. The limit is 50 characters."},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    about = MultilineField(
        required=False,
        max_length=ABOUT_MAX,
        label="About you",
        error_messages={"max_length": f"That has %(show_value)d characters. The limit is {ABOUT_MAX}."},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    link_1 = link_field(1)
    link_2 = link_field(2)
    link_3 = link_field(3)
    link_4 = link_field(4)
    avatar = forms.UUIDField(
        required=False,
        error_messages={"invalid": "This picture does not exist any more. Choose it again."},
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
        values = None if data is None else data.dict()
        super().__init__(values, files, auto_id="profile-%s", **kwargs)
        self.owner = owner
        self.retry_after = 0
        self.picture: Picture | None = owner.avatar
        for name in ("name", "about"):
            self.fields[name].widget.attrs.pop("maxlength", None)  # the server checks lengths and cuts nothing off

    @staticmethod
    def initial_of(profile: Profile) -> dict[str, Any]:
        """Returns the initial values of the form for a profile."""
        user = profile.user
        links = dict(zip(LINK_FIELDS, profile.addresses, strict=False))
        return {"name": user.name, "about": profile.about, "avatar": user.avatar_id, **links}

    def clean(self) -> dict[str, Any]:
        """Finds the avatar: the one uploaded now, else the one uploaded before."""
        cleaned: dict[str, Any] = self.cleaned_data
        self.picture = self._uploaded_before(cleaned)
        if file := cleaned.get("avatar_file"):
            try:
                self.picture = Picture.objects.store(self.owner, file, AVATAR)
            except PictureError as error:
                self.add_error("avatar_file", str(error))
                self.retry_after = error.retry_after if isinstance(error, RetryLaterError) else 0
        self.data = {**self.data, "avatar": str(self.picture.pk) if self.picture else ""}
        return cleaned

    def _uploaded_before(self, cleaned: dict[str, Any]) -> Picture | None:
        if not cleaned.get("avatar") or cleaned.get("avatar_removed"):
            return None
        picture: Picture | None = Picture.objects.filter(owner=self.owner, post=None, pk=cleaned["avatar"]).first()
        return picture

    @property
    def links(self) -> list[forms.BoundField]:
        """The bound fields of the links."""
        return [self[name] for name in LINK_FIELDS]

    @property
    def profile_data(self) -> dict[str, Any]:
        """The arguments of `Profile.update`."""
        cleaned = self.cleaned_data
        links = [cleaned[name] for name in LINK_FIELDS if cleaned[name]]
        return {"name": cleaned["name"], "about": cleaned["about"], "links": links, "avatar": self.picture}

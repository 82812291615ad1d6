"""First steps of a new user, which the home page shows until they are done."""

from typing import NamedTuple, Self

from livefeed.models.preferences import Preferences
from livefeed.models.profile import Profile
from livefeed.models.user import User


class FirstSteps(NamedTuple):
    """Each step is True once it is done."""

    follow: bool
    post: bool
    profile: bool

    @classmethod
    def of(cls, user: User, followed: int) -> Self | None:
        """Returns the steps of a user who follows `followed` users; None if they are done, or hidden."""
        is_shown = Preferences.objects.for_user(user).first_steps
        if is_shown is None:
            is_shown = not followed
        if not is_shown:
            return None
        profile = Profile.objects.for_user(user)
        steps = cls(followed > 0, profile.posts_count > 0, bool(profile.about or user.avatar_id))
        if all(steps):
            Preferences.objects.show_first_steps(user, False)  # later pages need not look
            return None
        return steps

    @property
    def done_count(self) -> int:
        return self.count(True)

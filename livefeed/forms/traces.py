"""Form with which staff ask why a user sees or does not see a row."""

import re
from collections.abc import Iterator
from typing import Any, Self

from django import forms

from livefeed.live import traces
from livefeed.live.declarations import LiveModel, live_model_with, live_models
from livefeed.live.explanations import Explanation, explain
from livefeed.live.traces import Trace
from livefeed.models import User

MAX_ID_DIGITS = 18
"""Digits that fit the database's integers."""


class WhyForm(forms.Form):
    """A row and a user."""

    row = forms.CharField(
        label="What",
        max_length=200,
        help_text="An id such as “post 12”, an address such as /posts/12/, or text of a recent public post.",
    )
    user = forms.CharField(label="Who", max_length=151, required=False, help_text="Empty: a visitor.")

    @classmethod
    def about(cls, trace: Trace) -> Self | None:
        """Returns a form that asks about the row of a trace; None if it has none."""
        row = next(_rows_of(trace), None)
        return row and cls(initial={"row": f"{row[0].name} {row[1]}"})

    def explain(self) -> Explanation:
        """Returns the answer. The form must be valid."""
        live_model, pk = self.cleaned_data["row"]
        return explain(live_model, pk, self.cleaned_data["user"])

    def clean_row(self) -> tuple[LiveModel[Any], int]:
        text = self.cleaned_data["row"]
        row = _row_named(text) or _row_with_text(text)
        if row is None:
            raise forms.ValidationError("No recent change has this text. Enter an id, such as “post 12”.")
        return row

    def clean_user(self) -> User | None:
        username = self.cleaned_data["user"].removeprefix("@")
        if not username:
            return None
        user: User | None = User.objects.with_username(username).first()
        if user is None:
            raise forms.ValidationError(f"There is no user @{username}.")
        return user


def _row_named(text: str) -> tuple[LiveModel[Any], int] | None:
    """Returns the row that a name and an id, or an address of the site, stand for: `post 12`, `/posts/12/`."""
    for live_model in live_models():
        found = re.search(rf"(?:^|/){re.escape(live_model.name)}s?[ :/#]+(\d{{1,{MAX_ID_DIGITS}}})(?:/|$)", text)
        if found:
            return live_model, int(found[1])
    return None


def _row_with_text(text: str) -> tuple[LiveModel[Any], int] | None:
    """Returns the row of the newest trace with a text."""
    rows = (row for trace in traces.matching(traces.recent(), text) for row in _rows_of(trace))
    return next(rows, None)


def _rows_of(trace: Trace) -> Iterator[tuple[LiveModel[Any], int]]:
    """Yields the rows that the events of a trace are about."""
    for event in trace.events:
        if live_model := live_model_with(event.kind):
            yield live_model, event.subject_id

"""Settings beside one's profile: looks, notifications, sign-ins, one's data, and the end of an account."""

from collections.abc import AsyncIterator
from typing import Any

from allauth.account.adapter import get_adapter
from asgiref.sync import sync_to_async
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import format_lazy

from livefeed import tasks
from livefeed.accounts import active_sessions
from livefeed.accounts.session_store import SIGN_IN
from livefeed.forms.preferences import DisplayForm, NotificationsForm
from livefeed.models import Export, Preferences, Session, Token
from livefeed.views.resource import Request, SignedInResource

UNPROCESSABLE = 422
PIECE = 64 * 1024
"""Bytes of a file that are read at a time."""


class ChoicesView(SignedInResource):
    """Choices of one's own: `GET` shows them, `POST` changes them."""

    title = legend = hint = ""

    def form(self, data: QueryDict | None = None) -> DisplayForm | NotificationsForm:
        """What is chosen: sent, or as it is."""
        raise NotImplementedError

    def get(self, request: Request) -> HttpResponse:
        return self.page(self.form())

    def post(self, request: Request) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.page(form, UNPROCESSABLE)
        form.save()
        messages.success(request, "Saved.")
        return redirect(request.path)

    def page(self, form: forms.BaseForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "title": self.title, "legend": self.legend, "hint": self.hint}
        return render(self.request, "settings/form.html", context, status=status)


class DisplayView(ChoicesView):
    """Colours, dates, what is read out, keys."""

    title = "Display"

    def form(self, data: QueryDict | None = None) -> DisplayForm:
        return DisplayForm(data, instance=Preferences.objects.for_user(self.viewer))


class NotificationSettingsView(ChoicesView):
    """What one is told of."""

    title, legend = "Notifications", "Tell me when"
    hint = "To be told of each new post of somebody, ring the bell on their page."

    def form(self, data: QueryDict | None = None) -> NotificationsForm:
        return NotificationsForm(data, preferences=Preferences.objects.for_user(self.viewer))


class SessionsView(SignedInResource):
    """Where one is signed in, with the pages and programs that are open: `DELETE` ends all sign-ins but this one."""

    def get(self, request: Request) -> HttpResponse:
        places = active_sessions.sessions_of(self.viewer, request.session.get(SIGN_IN))
        return render(
            request, "settings/sessions.html", {"places": places, "programs": active_sessions.programs_of(self.viewer)}
        )

    def delete(self, request: Request) -> HttpResponse:
        here = request.session.get(SIGN_IN)
        active_sessions.end_sessions(Session.objects.filter(user=self.viewer).exclude(sign_in=here))
        messages.success(request, "You are signed out everywhere else.")
        return redirect("settings_sessions")


class SessionView(SignedInResource):
    """One sign-in: `DELETE` ends it, and whatever is open with it."""

    def delete(self, request: Request, sign_in: int) -> HttpResponse:
        found = Session.objects.filter(user=self.viewer, sign_in=sign_in)
        if not found:
            raise Http404("That sign-in has ended already.")
        active_sessions.end_sessions(found)
        return redirect("settings_sessions")


class TokenView(SignedInResource):
    """A program's token: `DELETE` revokes it, and ends whatever is open with it."""

    def delete(self, request: Request, pk: int) -> HttpResponse:
        token = Token.objects.filter(user=self.viewer, pk=pk).first()
        if token is None:
            raise Http404("That token was revoked already.")
        token.revoke()
        return redirect("settings_sessions")


class DataView(SignedInResource):
    """One's data and the end of the account: `POST` begins an export."""

    def get(self, request: Request) -> HttpResponse:
        template = "settings/_export.html" if request.htmx else "settings/data.html"
        return render(request, template, self.context())

    def post(self, request: Request) -> HttpResponse:
        with transaction.atomic():
            export, is_new = Export.objects.start(self.viewer)
            if is_new:
                tasks.make_export.enqueue(str(export.pk))
        return redirect("settings_data")

    def context(self) -> dict[str, Any]:
        return {"export": Export.objects.filter(user=self.viewer).first()}


class ExportView(SignedInResource):
    """One's own export, to keep: `GET` downloads it, `DELETE` deletes it."""

    def get(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        export = Export.objects.filter(user=self.viewer).exclude(ready_at=None).first()
        if export is None or not default_storage.exists(export.path):
            raise Http404("There is no export any more. Make a new one.")
        name = format_lazy("livefeed-{}-{:%Y-%m-%d}.zip", self.viewer.username, timezone.localtime(export.begun_at))
        headers = {"Content-Disposition": content_disposition_header(True, str(name)), "Content-Length": export.size}
        file = default_storage.open(export.path)
        return StreamingHttpResponse(_pieces(file), content_type="application/zip", headers=headers)

    def delete(self, request: Request) -> HttpResponse:
        for export in Export.objects.filter(user=self.viewer):
            export.delete()
        return redirect("settings_data")


async def _pieces(file: File[bytes]) -> AsyncIterator[bytes]:
    """A file in pieces, each read in the request's thread when the one before was sent."""
    with file:
        while piece := await sync_to_async(file.read)(PIECE):
            yield piece


class DeleteForm(forms.Form):
    """Whether that is really meant."""

    password = forms.CharField(
        label="Your password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Type your password."},
    )
    understood = forms.BooleanField(
        label="I know that this cannot be undone", error_messages={"required": "Say that you know."}
    )


class DeleteAccountView(SignedInResource):
    """The end of an account: `GET` asks, `POST` with the password does it. Everything of it is out of sight, and all
    sockets are closed, at once; a task then deletes the rows."""

    def get(self, request: Request) -> HttpResponse:
        return self.page(DeleteForm())

    def post(self, request: Request) -> HttpResponse:
        form, viewer = DeleteForm(request.POST), self.viewer
        if form.is_valid() and not get_adapter().reauthenticate(viewer, form.cleaned_data["password"]):
            form.add_error("password", "That is not your password.")
        if not form.is_valid():
            return self.page(form, UNPROCESSABLE)
        with transaction.atomic():
            viewer.is_active = False
            viewer.save(update_fields=["is_active"])
            tasks.delete_account.enqueue(viewer.pk)
        logout(request)
        messages.success(request, "Your account is deleted. Goodbye.")
        return redirect("home")

    def page(self, form: DeleteForm, status: int = 200) -> HttpResponse:
        return render(self.request, "settings/delete.html", {"form": form}, status=status)

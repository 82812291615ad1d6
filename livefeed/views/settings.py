"""Settings: display, notifications, sessions, the user's data, and the deletion of the account."""

from typing import Any, ClassVar

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.text import format_lazy
from django.views.generic import FormView

from livefeed import tasks
from livefeed.accounts import active_sessions
from livefeed.accounts.session_store import SIGN_IN
from livefeed.forms.account_deletion import DeleteAccountForm
from livefeed.forms.preferences import DisplayForm, NotificationsForm
from livefeed.forms.profile import ProfileForm
from livefeed.models import Export, Preferences, Profile, Session, Token
from livefeed.views.accounts import LimitedAttemptsMixin
from livefeed.views.errors import TOO_MANY_REQUESTS
from livefeed.views.resource import Request, SignedInResource

UNPROCESSABLE = 422


@login_required
def index(request: Request) -> HttpResponse:
    """Redirects to the first page of the settings."""
    return redirect("settings_profile")


class SettingsFormView(SignedInResource, FormView[Any]):
    """Base of the forms of the settings: `GET` shows the form, `POST` saves it or returns it with status 422."""

    request: Request

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=UNPROCESSABLE)


class FirstStepsView(SignedInResource):
    """The first steps on the viewer's home page: `DELETE` hides them."""

    def delete(self, request: Request) -> HttpResponse:
        Preferences.objects.show_first_steps(self.viewer, False)
        return HttpResponse() if self.request.htmx else redirect("home")


class ProfileSettingsView(SettingsFormView):
    """The viewer's profile."""

    template_name = "profiles/settings.html"
    form_class = ProfileForm

    def get_initial(self) -> dict[str, Any]:
        return ProfileForm.initial_of(Profile.objects.for_user(self.viewer))

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"owner": self.viewer}

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        Profile.objects.for_user(self.viewer).update(**form.profile_data)
        return redirect(self.viewer)

    def form_invalid(self, form: ProfileForm) -> HttpResponse:
        response = super().form_invalid(form)
        if form.retry_after:
            response.status_code = TOO_MANY_REQUESTS
            response["Retry-After"] = form.retry_after
        return response


class PreferencesView(SettingsFormView):
    """Base of the forms that change the viewer's preferences."""

    template_name = "settings/form.html"
    title: ClassVar[str]
    legend = ""
    hint = ""

    def form_valid(self, form: DisplayForm | NotificationsForm) -> HttpResponse:
        form.save()
        messages.success(self.request, "Saved.")
        return redirect(self.request.path)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.title, legend=self.legend, hint=self.hint, **kwargs)


class DisplayView(PreferencesView):
    """Theme, language, time zone, screen reader announcements, keyboard shortcuts and signals of writing."""

    title = "Display"
    form_class = DisplayForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": Preferences.objects.for_user(self.viewer)}


class NotificationSettingsView(PreferencesView):
    """Kinds of notifications that the viewer receives."""

    title = "Notifications"
    legend = "Notify me when"
    hint = "To be notified of each new post of an author, turn on the bell on their page."
    form_class = NotificationsForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"preferences": Preferences.objects.for_user(self.viewer)}


class SessionsView(SignedInResource):
    """The viewer's sessions, tokens and their open sockets: `DELETE` ends every session except the current one."""

    def get(self, request: Request) -> HttpResponse:
        context = {
            "sessions": active_sessions.sessions_of(self.viewer, request.session.get(SIGN_IN)),
            "programs": active_sessions.programs_of(self.viewer),
        }
        return render(request, "settings/sessions.html", context)

    def delete(self, request: Request) -> HttpResponse:
        current = request.session.get(SIGN_IN)
        active_sessions.end_sessions(Session.objects.filter(user=self.viewer).exclude(sign_in=current))
        messages.success(request, "You are signed out everywhere else.")
        return redirect("settings_sessions")


class SessionView(SignedInResource):
    """One session of the viewer: `DELETE` ends it and closes its sockets."""

    def delete(self, request: Request, sign_in: int) -> HttpResponse:
        sessions = Session.objects.filter(user=self.viewer, sign_in=sign_in)
        if not sessions:
            raise Http404("This session has already ended.")
        active_sessions.end_sessions(sessions)
        return redirect("settings_sessions")


class TokenView(SignedInResource):
    """One token of the viewer: `DELETE` revokes it and closes its sockets."""

    def delete(self, request: Request, pk: int) -> HttpResponse:
        token = Token.objects.filter(user=self.viewer, pk=pk).first()
        if token is None:
            raise Http404("This token has already been revoked.")
        token.revoke()
        return redirect("settings_sessions")


class DataView(SignedInResource):
    """The viewer's data: `GET` shows the state of the export, `POST` with a fresh password starts one."""

    def get(self, request: Request) -> HttpResponse:
        template = "settings/_export.html" if request.htmx else "settings/data.html"
        return render(request, template, {"export": Export.objects.filter(user=self.viewer).first()})

    @method_decorator(reauthentication_required)
    def post(self, request: Request) -> HttpResponse:
        with transaction.atomic():
            export, is_new = Export.objects.start(self.viewer)
            if is_new:
                tasks.make_export.enqueue(str(export.pk))
        return redirect("settings_data")


class ExportView(SignedInResource):
    """The viewer's export: `GET` with a fresh password downloads the ZIP file, `DELETE` deletes it."""

    def get(self, request: Request) -> HttpResponse | FileResponse:
        export = Export.objects.filter(user=self.viewer).exclude(ready_at=None).first()
        if export is None or not default_storage.exists(export.path):
            raise Http404("This export no longer exists. Make a new one.")
        try:
            return self.download(request, export)
        except ReauthenticationRequired:
            # Back to the page with the button: after a download the browser would stay at the form for the password.
            return redirect(reverse("account_reauthenticate", query={"next": reverse("settings_data")}))

    @method_decorator(reauthentication_required)
    def download(self, request: Request, export: Export) -> FileResponse:
        name = format_lazy("livefeed-{}-{:%Y-%m-%d}.zip", self.viewer.username, timezone.localtime(export.begun_at))
        return FileResponse(default_storage.open(export.path), as_attachment=True, filename=str(name))

    def delete(self, request: Request) -> HttpResponse:
        for export in Export.objects.filter(user=self.viewer):
            export.delete()
        return redirect("settings_data")


class DeleteAccountView(LimitedAttemptsMixin, SettingsFormView):
    """Deletion of the viewer's account: `POST` with the password deactivates it, which hides its content and closes
    its sockets at once. A task then deletes the rows."""

    template_name = "settings/delete.html"
    form_class = DeleteAccountForm
    success_url = reverse_lazy("home")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.viewer}

    def form_valid(self, form: DeleteAccountForm) -> HttpResponse:
        viewer = self.viewer
        with transaction.atomic():
            viewer.is_active = False
            viewer.save(update_fields=["is_active"])
            tasks.delete_account.enqueue(viewer.pk)
        logout(self.request)
        messages.success(self.request, "Your account is deleted. Goodbye.")
        return super().form_valid(form)

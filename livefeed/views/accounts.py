"""The few account pages where django-allauth's own views do not say enough."""

from typing import Any

from allauth.account import views
from allauth.account.adapter import get_adapter
from allauth.account.models import get_emailconfirmation_model
from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse

from livefeed.adapter import NAME_TAKEN
from livefeed.models import User


class SignupView(views.SignupView):
    """Makes an account that waits for its confirmation."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Two people may want the same name at the same moment: the database lets one have it."""
        response: HttpResponse
        try:
            response = super().form_valid(form)
        except IntegrityError:
            if not User.objects.named(form.cleaned_data["username"]).exists():
                raise
            form.add_error("username", NAME_TAKEN)
            response = self.form_invalid(form)
        return response


class ConfirmEmailView(views.ConfirmEmailView):
    """A link from a mail. Mail programs and previews follow links too, so only the button changes anything."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        self.object = get_emailconfirmation_model().from_key(key)
        response: HttpResponse = self.render_to_response(self.get_context_data(), status=200 if self.object else 404)
        return response

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        response: HttpResponse
        try:
            response = super().post(request, key=key)
        except Http404:
            response = self.get(request, key)
        return response


class EmailView(views.EmailView):
    """Shows and changes one's address."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Says so when a mail that was asked for once more was not sent again so soon."""
        response: HttpResponse = super().post(request, *args, **kwargs)
        if "action_send" in request.POST and not self._did_send_verification_email:
            sentence = "We sent a link less than three minutes ago. Look for that one first."
            get_adapter().add_message(request, messages.INFO, message=sentence)
        return response

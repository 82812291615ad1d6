"""Activation of an account: the link from the mail, and a request for another one."""

from typing import Any

from allauth.account import views
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from livefeed import tasks
from livefeed.accounts import rate_limits
from livefeed.accounts.adapter import AccountAdapter
from livefeed.accounts.email_confirmation import ConfirmationLink, LinkState
from livefeed.views.errors import TOO_MANY_REQUESTS
from livefeed.views.resource import Request, SignedInResource

NO_CONTENT = 204


class ActivationView(SignedInResource):
    """State of the viewer's activation: `GET` shows it (htmx gets 204 until the account is activated), `POST` sends the
    link again."""

    def get(self, request: Request) -> HttpResponse:
        if self.viewer.is_activated:
            return HttpResponse() if request.htmx else redirect("home")
        return HttpResponse(status=NO_CONTENT) if request.htmx else self.page("")

    def post(self, request: Request) -> HttpResponse:
        if self.viewer.is_activated:
            return redirect("home")
        email = self.viewer.unconfirmed_email
        if not rate_limits.consume(request, "confirm_email", email.lower()):
            seconds = rate_limits.retry_after(request, "confirm_email", email.lower())
            return self.page(rate_limits.message(seconds), TOO_MANY_REQUESTS)
        tasks.send_welcome.enqueue(self.viewer.pk)
        message = f"We sent a new link to {email}."
        if request.htmx:
            return self.page(message)
        messages.info(request, message)
        return redirect(get_next_redirect_url(request) or "home")

    def page(self, message: str, status: int = 200) -> HttpResponse:
        template = "account/_not_activated.html" if self.request.htmx else "account/activation.html"
        context = {"message": message, "is_refused": status == TOO_MANY_REQUESTS}
        return render(self.request, template, context, status=status)


class ConfirmEmailView(views.ConfirmEmailView):
    """The link from a confirmation mail.

    `GET` changes nothing, since mail programs and link previews follow links too: `POST` confirms the address. The link
    works in any browser and leaves its session as it is. An expired link offers a new one.
    """

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        link = ConfirmationLink.of(key)
        return self.page(link, 200 if link.state == LinkState.FRESH else 404)

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        try:
            with transaction.atomic():
                link = ConfirmationLink.locked(key)
                if link.state == LinkState.FRESH:
                    response: HttpResponse = super().post(request, key=key)
                    return response
        except IntegrityError:  # another account confirms the same address concurrently
            link = ConfirmationLink.of(key)
        if link.state == LinkState.EXPIRED and link.address:
            return self.renew(link, link.address)
        return self.page(link, 404)

    def renew(self, link: ConfirmationLink, address: EmailAddress) -> HttpResponse:
        """Sends a new link to the same address."""
        if not rate_limits.consume(self.request, "confirm_email", address.email):
            seconds = rate_limits.retry_after(self.request, "confirm_email", address.email)
            return self.page(link, TOO_MANY_REQUESTS, message=rate_limits.message(seconds))
        AccountAdapter(self.request).send_link(address)
        return self.page(link, 200, is_sent=True)

    def page(self, link: ConfirmationLink, status: int, **extra_context: Any) -> HttpResponse:
        context = {"link": link, "link_state": link.state.value, "owner": link.address.user if link.address else None}
        return render(self.request, "account/email_confirm.html", context | extra_context, status=status)

    def logout_other_user(self, confirmation: Any) -> None:
        """Does nothing: a link of another account must not end the current session."""

"""The mails of development."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from livefeed.dev_mail import kept_mails


def mailbox(request: HttpRequest) -> HttpResponse:
    """What this installation would have sent; with DEBUG only."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "dev/mail.html", {"mails": kept_mails(settings.MAIL_DIR)})

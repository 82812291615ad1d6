"""Development mailbox."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from livefeed.dev_mail import stored_emails


def mailbox(request: HttpRequest) -> HttpResponse:
    """Shows the mails that this installation would have sent. Raises `Http404` unless DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "dev/mail.html", {"mails": stored_emails(settings.MAIL_DIR)})

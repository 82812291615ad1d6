"""What a supervisor and a load balancer ask."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from livefeed.observability import health


def alive(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked."""
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve readers: 200 or 503, and the state of each of its parts."""
    is_ready, parts = health.report()
    return JsonResponse({"ready": is_ready, **parts}, status=200 if is_ready else 503)

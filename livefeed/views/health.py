"""Health checks for a supervisor and a load balancer."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from livefeed.observability import health


def alive(request: HttpRequest) -> HttpResponse:
    """Returns 200 as long as this process answers; checks nothing else."""
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Returns 200 if this process can serve requests, else 503, with the state of each of its parts as JSON."""
    is_ready, parts = health.report()
    return JsonResponse({"ready": is_ready, **parts}, status=200 if is_ready else 503)

"""Traces as plain text, and their way from a running site to `manage.py trace`.

The command is a process of its own and asks the site by HTTP. It signs the request with the site's SECRET_KEY, so it
needs no account and no setting.
"""

from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from django.conf import settings
from django.core import signing
from django.urls import reverse

from livefeed.live.explanations import Explanation, Sight
from livefeed.live.traces import Stage, Trace

SIGNER = signing.TimestampSigner(salt="livefeed.trace")
SIGNED_TEXT = "manage.py trace"
MAX_AGE = 60
"""Seconds for which a signed request is accepted."""
TIMEOUT = 10.0
"""Seconds within which the site must answer."""
MAX_LISTED = 30
"""Changes in a list."""


class SiteError(Exception):
    """Raised if the site does not answer, or has found nothing. The text is for operators."""


def is_signed(authorization: str) -> bool:
    """True if the value of a header `Authorization` was signed by `fetch`, at most MAX_AGE seconds ago."""
    try:
        return bool(SIGNER.unsign(authorization.removeprefix("Bearer "), max_age=MAX_AGE) == SIGNED_TEXT)
    except signing.BadSignature:
        return False


def fetch(port: int, query: dict[str, str]) -> str:
    """Returns the report of the site that listens on a port of this machine. Raises `SiteError`."""
    address = f"http://127.0.0.1:{port}"
    headers = {"Host": urlsplit(settings.LIVEFEED_URL).netloc, "Authorization": f"Bearer {SIGNER.sign(SIGNED_TEXT)}"}
    request = Request(f"{address}{reverse('trace_report')}?{urlencode(query)}", headers=headers)  # noqa: S310  # http
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT) as response:
            return str(response.read().decode())
    except HTTPError as error:
        is_report = error.headers.get_content_type() == "text/plain"
        raise SiteError(error.read().decode() if is_report else f"{address} answers with {error.code}.") from None
    except (URLError, OSError):
        raise SiteError(f"No site answers at {address}. Start it, or name its port by --port.") from None


# --- Text ---


def of_list(traces: list[Trace]) -> list[str]:
    """Returns a line for each of the newest changes."""
    return [_head(trace) for trace in traces[:MAX_LISTED]]


def of_trace(trace: Trace) -> list[str]:
    """Returns a change, a line for each stage. Times are in milliseconds."""
    return [_head(trace), "", "   start       ms", *map(_line_of_stage, trace.stages)]


def _head(trace: Trace) -> str:
    kinds = ", ".join(event.kind for event in trace.events)
    figures = f"{trace.total_ms:8.2f} ms  {trace.sockets:5} sockets"
    return f"{trace.time:%H:%M:%S.%f} UTC  {figures}  {kinds}  {trace.label}".rstrip()


def _line_of_stage(stage: Stage) -> str:
    name = f"  {stage.name}" if stage.is_nested else stage.name
    notes = "; ".join(filter(None, [stage.signal, stage.note]))
    return f"{stage.start:8.2f} {stage.ms:8.2f}  {name:24} {notes}".rstrip()


def of_explanation(explanation: Explanation) -> list[str]:
    """Returns the answer to "Why does this user (not) see this row?"."""
    return [
        explanation.verdict,
        *(f"- {reason}" for reason in explanation.reasons),
        "",
        *_lines_of_event(explanation),
        *(line for sight in explanation.sights for line in _lines_of_sight(sight)),
    ]


def _lines_of_event(explanation: Explanation) -> Iterator[str]:
    if explanation.entry is None:
        yield "The log has no event of it."
        return
    receiver = f", written by {explanation.receiver}" if explanation.receiver else ""
    yield f"Its last event is {explanation.entry.kind} at position {explanation.entry.position}{receiver}."
    yield f"Topics: {', '.join(explanation.topics)}."


def _lines_of_sight(sight: Sight) -> Iterator[str]:
    state = f"open, {sight.state}" if sight.state else "not open now"
    yield f"- {sight.view} ({state}): {'receives the event' if sight.is_match else 'does not receive the event'}."
    yield f"  Shared topics: {', '.join(sight.topics) or 'none'}."
    if sight.reason:
        yield f"  {sight.reason}"

"""Requests as sent by htmx 4."""


def htmx(source: str = "form#composer") -> dict[str, str]:
    """Returns the headers of a request made by the element `source`, such as `form#composer`."""
    return {"HX-Request": "true", "HX-Source": source, "HX-Current-URL": "http://testserver/", "Accept": "text/html"}


INTO_NOTICES = ("#notices", "innerHTML")


def swap_of(answer) -> tuple[str | None, str | None]:
    """Returns the target element and the swap style that a response asks for."""
    return answer.headers.get("HX-Retarget"), answer.headers.get("HX-Reswap")

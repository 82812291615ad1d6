"""Requests as htmx 4 sends them."""


def htmx(source: str = "form#composer") -> dict[str, str]:
    """The headers of a request that the element `source` (its tag, and `#` and its id) made."""
    return {"HX-Request": "true", "HX-Source": source, "HX-Current-URL": "http://testserver/", "Accept": "text/html"}


TO_THE_NOTICES = ("#notices", "innerHTML")


def goes_to(answer) -> tuple[str | None, str | None]:
    """Where an answer asks to be put: target and manner."""
    return answer.headers.get("HX-Retarget"), answer.headers.get("HX-Reswap")

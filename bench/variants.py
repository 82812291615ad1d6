"""Livefeed with one part left out, to measure the cost of the part."""

from django.core.exceptions import MiddlewareNotUsed
from django.db import connection

from livefeed.live import publishing

UNORDERED = """
ALTER TABLE livefeed_event DISABLE TRIGGER livefeed_event_position;
CREATE FUNCTION bench_position() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.position := nextval('livefeed_event_position');
    RETURN NEW;
END $$;
CREATE TRIGGER bench_position BEFORE INSERT ON livefeed_event FOR EACH ROW EXECUTE FUNCTION bench_position();
"""


def main() -> None:
    """Removes the commit order from a PostgreSQL database: events get their position on insert, without a lock."""
    with connection.cursor() as cursor:
        cursor.execute(UNORDERED)


def silence(_: object) -> None:
    """Disables the wake-up of the hub; a middleware factory, since settings can name that before models are loaded."""
    publishing.wake_up = lambda: None
    raise MiddlewareNotUsed

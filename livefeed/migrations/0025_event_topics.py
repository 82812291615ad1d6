"""Events store their topics instead of the details of posts, so that any model can have events.

The events of earlier versions keep their positions and receive the topics that they would have today: cursors from
before the upgrade stay valid.
"""

from collections.abc import Iterator
from importlib import import_module
from itertools import batched
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BATCH_SIZE = 1_000
USER_KINDS = ("user.renamed", "user.suspended", "user.restored")


def add_topics(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    Event = apps.get_model("livefeed", "Event")
    for events in batched(Event.objects.order_by("pk").iterator(BATCH_SIZE), BATCH_SIZE):
        for event in events:
            event.topics = f" {' '.join(topics_of(event))} "
        Event.objects.bulk_update(events, ["topics"])


def topics_of(event: Any) -> Iterator[str]:
    """Yields the topics of an event, as `livefeed.live` determines them."""
    actor = event.actor_id
    if event.kind.startswith("post."):
        yield from topics_of_post(event)
    elif event.kind.startswith("follow."):
        yield f"user:{actor}"
    elif event.kind in USER_KINDS:
        yield from (f"author:{actor}", f"profile:{actor}", "authors")
    elif event.kind == "feed.reset":
        yield "site"
    elif event.kind == "notifications.changed":
        yield f"notices:{actor}" if event.subject_id else f"user:{actor}"


def topics_of_post(event: Any) -> Iterator[str]:
    author = event.actor_id
    yield from ("posts", f"post:{event.subject_id}", f"author:{author}")
    if event.parent_author_id:
        yield from (f"replies:{author}", f"thread:{event.parent_id}", f"parent-author:{event.parent_author_id}")
    else:
        yield f"posts:{author}"
        if event.audience == "public":
            yield "public"
    if event.pictures:
        yield f"media:{author}"
    yield from (f"tag:{tag}" for tag in event.tags.split())


def recreate_trigger(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Creates the trigger that assigns positions again: SQLite rebuilt the table, which dropped it."""
    if schema_editor.connection.vendor == "sqlite":
        event_position = import_module("livefeed.migrations.0002_event_position")
        schema_editor.execute("DROP TRIGGER IF EXISTS livefeed_event_position", params=None)
        event_position.create(apps, schema_editor)


def index_topics(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Lets PostgreSQL find the events of a topic: a reader who returns after days reads few of a million events."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX livefeed_event_topics ON livefeed_event USING gin (string_to_array(topics, ' '))"
        )


class Migration(migrations.Migration):
    dependencies = [("livefeed", "0024_first_steps")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, recreate_trigger),
        migrations.AddField("event", "topics", models.TextField(blank=True, db_default="")),
        migrations.AlterField("event", "kind", models.CharField(max_length=30)),
        migrations.RunPython(add_topics, migrations.RunPython.noop),
        migrations.RemoveField("event", "tags"),
        migrations.RemoveField("event", "parent_id"),
        migrations.RemoveField("event", "parent_author_id"),
        migrations.RemoveField("event", "pictures"),
        migrations.RunPython(recreate_trigger, migrations.RunPython.noop),
        migrations.RunPython(index_topics, migrations.RunPython.noop),
    ]

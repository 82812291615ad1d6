"""Creates the table of the rate limits' counters on PostgreSQL. SQLite keeps them in a file of their own
(livefeed/limits/counters.py). The table is not logged: a crash of the database empties it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CREATE = "CREATE UNLOGGED TABLE livefeed_rate (key text PRIMARY KEY, empty_at double precision NOT NULL)"
DROP = "DROP TABLE livefeed_rate"


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Creates the table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drops it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("livefeed", "0020_audit_of_opened_posts")]

    operations = [migrations.RunPython(create, drop)]

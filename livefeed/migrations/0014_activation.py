"""Accounts are activated; what is tried how often is counted in a table."""

from typing import Any

import django.utils.timezone
from django.core.management import call_command
from django.db import migrations, models
from django.db.models import Exists, F, OuterRef


def activate_confirmed(apps: Any, schema_editor: Any) -> None:
    """Activates users with a confirmed address, and those created by hand who have no address to confirm."""
    User, EmailAddress = apps.get_model("livefeed", "User"), apps.get_model("account", "EmailAddress")
    people = User.objects.using(schema_editor.connection.alias)
    own = EmailAddress.objects.filter(user=OuterRef("pk"))
    waiting = Exists(own) & ~Exists(own.filter(verified=True))
    people.filter(waiting).update(activated_at=None)
    people.exclude(waiting).update(activated_at=F("date_joined"))


def make_cache(apps: Any, schema_editor: Any) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [
        ("livefeed", "0013_audit"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="activated_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, null=True, verbose_name="activated"
            ),
        ),
        migrations.RunPython(activate_confirmed, migrations.RunPython.noop),
        migrations.RunPython(make_cache, migrations.RunPython.noop),
    ]

"""Adds a preference: others see that the user is writing a reply."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds `Preferences.shows_writing`."""

    dependencies = [("livefeed", "0025_event_topics")]

    operations = [
        migrations.AddField(
            model_name="preferences", name="shows_writing", field=models.BooleanField(default=True)
        ),
    ]

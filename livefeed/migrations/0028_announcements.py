import django.db.models.deletion
import django.utils.timezone
import livefeed.models.announcement
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livefeed', '0027_polls'),
    ]

    operations = [
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(help_text='Light Markdown, as in posts.', max_length=1000)),
                ('starts_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='start')),
                ('ends_at', models.DateTimeField(default=livefeed.models.announcement.default_end, verbose_name='end')),
                ('requires_acknowledgement', models.BooleanField(default=False, help_text='Readers cannot close it; they confirm “I have read this”.')),
                ("revision", models.CharField(editable=False, max_length=12)),
                ('is_shown', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='announcement_times')],
            },
        ),
        migrations.CreateModel(
            name='Dismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('announcement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dismissals', to='livefeed.announcement')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dismissals', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['announcement', '-created_at'], name='dismissal_newest')],
                'constraints': [models.UniqueConstraint(fields=('user', 'announcement'), name='dismissal_unique')],
            },
        ),
    ]

"""Rewords choices; changes no table."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livefeed', '0018_preferences_and_exports'),
    ]

    operations = [
        migrations.AlterField(
            model_name='post',
            name='audience',
            field=models.CharField(choices=[('public', 'Everyone'), ('followers', 'Followers')], default='public', editable=False, max_length=10),
        ),
        migrations.AlterField(
            model_name='preferences',
            name='announcements',
            field=models.CharField(choices=[('off', 'Off'), ('count', 'The number of new posts, and their authors'), ('each', 'The text of new posts, if there are only a few')], default='count', max_length=5),
        ),
        migrations.AlterField(
            model_name='preferences',
            name='language',
            field=models.CharField(blank=True, choices=[('', 'Same as the browser'), ('ar', 'العربية'), ('cs', 'Čeština'), ('da', 'Dansk'), ('de', 'Deutsch'), ('en-GB', 'English (United Kingdom)'), ('en-US', 'English (United States)'), ('es', 'Español'), ('fi', 'Suomi'), ('fr', 'Français'), ('hi', 'हिन्दी'), ('it', 'Italiano'), ('ja', '日本語'), ('ko', '한국어'), ('nb', 'Norsk bokmål'), ('nl', 'Nederlands'), ('pl', 'Polski'), ('pt-BR', 'Português (Brasil)'), ('pt-PT', 'Português (Portugal)'), ('ru', 'Русский'), ('sv', 'Svenska'), ('tr', 'Türkçe'), ('uk', 'Українська'), ('zh-CN', '中文')], default='', max_length=5),
        ),
        migrations.AlterField(
            model_name='preferences',
            name='theme',
            field=models.CharField(choices=[('auto', 'Same as the system'), ('light', 'Light'), ('dark', 'Dark')], default='auto', max_length=5),
        ),
    ]

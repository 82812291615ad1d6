"""Migration 0023: tags that earlier versions cut at a mark or a dot."""

from importlib import import_module

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from livefeed.models import Post, Tagging
from tests.factories import make_post

pytestmark = pytest.mark.django_db

migration = import_module("livefeed.migrations.0023_words_of_all_scripts")


def historical_apps() -> Apps:
    """Returns the models as the migration gets them: a bulk write by their managers does not count as a new version."""
    return MigrationLoader(connection).project_state([("livefeed", "0023_words_of_all_scripts")]).apps


def test_the_tags_of_existing_posts_are_found_again(cast):
    cut = make_post(cast.author, "#ज़रूरत #tea")
    kept = make_post(cast.author, "#garden")
    Post.objects.silently().filter(pk=cut.pk).update(tags="tea ज")
    Tagging.objects.filter(post=cut).exclude(tag="tea").update(tag="ज")

    migration.find_tags(historical_apps(), None)

    cut.refresh_from_db()
    assert cut.version == 1
    assert cut.current_tags == set(cut.taggings.values_list("tag", flat=True)) == {"tea", "ज़रूरत"}
    assert set(kept.taggings.values_list("tag", flat=True)) == {"garden"}

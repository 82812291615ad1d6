"""Trending tags and posts: the number of authors counts, not of posts, and recent ones count more."""

from datetime import timedelta

from django.utils import timezone

from livefeed.content import trends
from livefeed.content.trends import trending_posts, trending_tags
from livefeed.models import Post
from tests.factories import make_post, make_user


def aged(post: Post, **age: int) -> Post:
    Post.objects.filter(pk=post.pk).update(created_at=timezone.now() - timedelta(**age))
    return post


def test_tags_are_ranked_by_authors_not_by_posts(cast):
    for number in range(5):
        make_post(cast.author, f"#mine {number}")
    for user in (cast.follower, cast.stranger):
        make_post(user, "#ours")

    assert [(trend.tag, trend.authors) for trend in trending_tags()] == [("ours", 2), ("mine", 1)]


def test_a_tag_of_today_is_above_a_more_used_one_of_last_week(cast):
    for user in (cast.author, cast.follower, cast.stranger):
        aged(make_post(user, "#past"), days=7)
    make_post(cast.author, "#present")

    assert [trend.tag for trend in trending_tags()] == ["present", "past"]


def test_hidden_posts_do_not_make_trends(cast):
    make_post(cast.author, "#hidden", audience="followers")
    make_post(cast.author, "#removed").remove()
    cast.stranger.is_active = False
    cast.stranger.save()
    make_post(cast.stranger, "#suspended")

    assert trending_tags() == []


def test_a_post_with_a_reply_today_is_above_a_famous_older_one(cast):
    famous = aged(make_post(cast.author, "Famous."), days=2)
    Post.objects.filter(pk=famous.pk).update(likes_count=500)
    fresh = make_post(cast.stranger, "Fresh.")
    make_post(cast.follower, "Yes.", parent=fresh)
    make_post(cast.follower, "Ignored.")

    assert trending_posts(None) == [fresh, famous]


def test_each_author_has_one_trending_post_that_the_reader_may_see(cast):
    liked = [make_post(cast.author, body) for body in ("One.", "Two.")]
    hidden = make_post(make_user(), "Hidden.", audience="followers")
    Post.objects.filter(pk__in=[post.pk for post in (*liked, hidden)]).update(likes_count=3)
    Post.objects.filter(pk=liked[0].pk).update(likes_count=5)

    assert trending_posts(cast.stranger) == [liked[0]]
    liked[0].remove()
    trends.clear_cache()
    assert trending_posts(cast.stranger) == [liked[1]]

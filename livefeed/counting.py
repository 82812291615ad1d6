"""How many follow, are followed and were posted: counted in the transaction of what is counted, exact whoever writes at
the same moment. What several change is locked in one order, posts before profiles, each by key."""

from livefeed.models import Follow, Post, Profile


def follow_counted(follow: Follow, change: int) -> None:
    """Counts a follow that begins or ends, for both: two who follow each other at once never wait for each other."""
    ends = {follow.follower_id: "following_count", follow.followed_id: "followers_count"}
    for person, count in sorted(ends.items()):
        Profile.objects.filter(user=person).count_again(**{count: change})


def post_counted(post: Post, change: int) -> None:
    """Counts a post that comes or goes. Replies stand in a list of their own and are not counted."""
    if not post.is_reply:
        Profile.objects.filter(user=post.author_id).count_again(posts_count=change)

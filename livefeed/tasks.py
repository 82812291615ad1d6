"""What is done beside requests, by the worker (livefeed/working.py). A task may run twice and must do no harm then."""

from django.tasks import task

from livefeed import notifying
from livefeed.models import Post


@task
def tell_of_new_post(post_id: int) -> int:
    """Tells those who asked for this author's new posts. Returns how many; none if the post went meanwhile."""
    post = Post.objects.present().filter(pk=post_id).first()
    return notifying.tell_followers(post) if post else 0

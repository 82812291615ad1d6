"""Every way of writing data that a page shows."""

import json
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from django.forms.models import model_to_dict

from livefeed.live import publishing
from livefeed.models import Follow, Post, User
from tests.factories import Cast, make_post, make_user
from tests.stack.people import Person
from tests.stack.servers import Site


class Scene:
    """Posts of the author and one of the stranger, with clients of all users. Each write changes `post`, one of
    `posts`."""

    def __init__(self, site: Site, cast: Cast, folder: Path) -> None:
        self.cast = cast
        self.another, *self.posts, _ = [make_post(cast.author, f"Number {number}.", "A title") for number in range(8)]
        self.other = make_post(cast.stranger, "Of no concern to the follower.")
        self.post = self.posts[0]
        self.author, self.follower, self.stranger = (
            Person(site, user) for user in (cast.author, cast.follower, cast.stranger)
        )
        self.operator = Person(site, make_user("operator", is_staff=True, is_superuser=True))
        self._folder = folder

    def write(self, write: Callable[["Scene"], None], post: Post) -> None:
        """Writes to `post`. Asserts that this changes the database."""
        self.post = post
        before = stored()
        write(self)
        assert stored() != before

    def load(self, *rows: dict[str, object]) -> None:
        """Writes rows by `loaddata`, and resets the feeds."""
        path = self._folder / "rows.json"
        path.write_text(json.dumps(rows))
        call_command("loaddata", path, verbosity=0)
        publishing.reset_feeds()

    def administer(self, path: str, **fields: object) -> None:
        """Submits a form of the admin, without unchecked boxes."""
        sent = {name: str(value) for name, value in fields.items() if value is not False}
        assert self.operator.send(f"/admin/livefeed/{path}", **sent) == 200

    def change_author(self, **changes: object) -> None:
        kept = model_to_dict(self.cast.author, ["username", "name", "email", "is_active"])
        joined = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
        self.administer(f"user/{self.cast.author.pk}/change/", **kept | joined | changes)


def stored() -> list[list[tuple[object, ...]]]:
    """Returns the values of the database that pages show."""
    posts = Post.objects.present().order_by("pk").values_list("pk", "author", "title", "body")
    users = User.objects.order_by("pk").values_list("pk", "username", "name", "is_active")
    follows = Follow.objects.order_by("pk").values_list("follower", "followed")
    return [list(posts), list(users), list(follows)]


def post_by_form(scene: Scene) -> None:
    assert scene.author.send("/posts/", title="New", body="By the form.") == 200


def edit_by_form(scene: Scene) -> None:
    assert scene.author.send(f"/posts/{scene.post.pk}/", title="", body="Edited.", version="1") == 200


def delete_by_form(scene: Scene) -> None:
    assert scene.author.send(f"/posts/{scene.post.pk}/", _method="DELETE") == 200


def edit_by_admin(scene: Scene) -> None:
    scene.administer(f"post/{scene.post.pk}/change/", author=scene.cast.author.pk, title="", body="Edited.")


def give_to_another_author_by_admin(scene: Scene) -> None:
    scene.administer(f"post/{scene.post.pk}/change/", author=scene.cast.stranger.pk, title="", body="Edited.")


def delete_by_admin(scene: Scene) -> None:
    scene.administer(f"post/{scene.post.pk}/delete/", post="yes")


def delete_selected_by_admin(scene: Scene) -> None:
    scene.administer("post/", action="delete_selected", _selected_action=scene.post.pk, post="yes")


def edit_by_model(scene: Scene) -> None:
    scene.post.edit(title="", body="Edited.", seen_version=1)


def save_by_model(scene: Scene) -> None:
    scene.post.body = "Saved."
    scene.post.save(update_fields=["body"])


def delete_by_model(scene: Scene) -> None:
    scene.post.delete()


def delete_by_queryset(scene: Scene) -> None:
    Post.objects.filter(pk__in=[scene.another.pk, scene.post.pk]).delete()


def bulk_create(scene: Scene) -> None:
    Post.objects.bulk_create([Post(author=scene.cast.author, body=f"Bulk {number}.") for number in range(5)])


def bulk_update(scene: Scene) -> None:
    Post.objects.filter(author=scene.cast.author).update(body="All the same.")


def bulk_create_of_many(scene: Scene) -> None:
    Post.objects.bulk_create([Post(author=scene.cast.author, body=f"Bulk {number}.") for number in range(201)])


def delete_without_signals(scene: Scene) -> None:
    Post.objects.filter(pk=scene.post.pk)._raw_delete("default")


def loaddata_of_a_new_post(scene: Scene) -> None:
    text = {"title": "", "body": "Loaded.", "created_at": "2026-01-01T00:00:00Z"}
    scene.load({"model": "livefeed.post", "pk": 10_000, "fields": {"author": scene.cast.author.pk, **text}})


def loaddata_over_a_post(scene: Scene) -> None:
    text = {"title": "", "body": "Loaded.", "created_at": "2026-01-01T00:00:00Z"}
    scene.load({"model": "livefeed.post", "pk": scene.post.pk, "fields": {"author": scene.cast.author.pk, **text}})


def follow_by_form(scene: Scene) -> None:
    assert scene.follower.send("/@stranger/follow/") == 200


def unfollow_by_form(scene: Scene) -> None:
    assert scene.follower.send("/@author/follow/", _method="DELETE") == 200


def follow_by_model(scene: Scene) -> None:
    scene.cast.follower.follow(scene.cast.stranger)


def unfollow_by_queryset(scene: Scene) -> None:
    Follow.objects.all().delete()


def follow_by_admin(scene: Scene) -> None:
    scene.administer("follow/add/", follower=scene.cast.follower.pk, followed=scene.cast.stranger.pk)


def author_deleted(scene: Scene) -> None:
    scene.cast.author.delete()


def author_deleted_by_admin(scene: Scene) -> None:
    scene.administer(f"user/{scene.cast.author.pk}/delete/", post="yes")


def author_given_another_name_by_admin(scene: Scene) -> None:
    scene.change_author(name="Somebody Else")


def author_given_another_username_by_admin(scene: Scene) -> None:
    scene.change_author(username="else")


def author_deactivated_by_admin(scene: Scene) -> None:
    scene.change_author(is_active=False)


type Steps = list[tuple[Callable[[Scene], None], ...]]
"""Writes that happen one after the other to the same pages. Those of one tuple happen together."""

GROUPS: dict[str, Steps] = {
    "forms": [(post_by_form, edit_by_form, delete_by_form)],
    "admin": [(edit_by_admin, give_to_another_author_by_admin, delete_by_admin, delete_selected_by_admin)],
    "models": [
        (edit_by_model, save_by_model, delete_by_model, delete_by_queryset, delete_without_signals, bulk_create),
    ],
    "many posts": [(bulk_update,), (bulk_create_of_many,)],
    "loaddata": [(loaddata_of_a_new_post,), (loaddata_over_a_post,)],
    "follows": [(follow_by_form,), (unfollow_by_form,), (unfollow_by_queryset,), (follow_by_model,)],
    "users in the admin": [
        (follow_by_admin,),
        (author_given_another_name_by_admin,),
        (author_given_another_username_by_admin,),
        (author_deactivated_by_admin,),
    ],
    "deletion": [(author_deleted,)],
    "deletion in the admin": [(author_deleted_by_admin,)],
}
"""Writes of one tuple each have their own post, and no page reloads after them: if one event is missing, the others do
not hide it."""

EACH: dict[str, Steps] = {
    write.__name__: [(write,)] for group in GROUPS.values() for writes in group for write in writes
}
"""Each write alone."""

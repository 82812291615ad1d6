"""Posts: reading, writing, editing and deleting."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict

from livefeed.content.fragments import render_post
from livefeed.content.sanitize import clean_text, clean_title
from livefeed.forms.attachments import MISSING_PICTURE, Attachments
from livefeed.forms.poll import PollForm
from livefeed.forms.post import MISSING_QUESTION, EditForm, PostForm
from livefeed.models import EditConflictError, MissingPictureError, MissingQuestionError, Post, User
from livefeed.models.attachment import prefetch_attached
from livefeed.models.compiled import compiled
from livefeed.models.page_state import PageState
from livefeed.models.picture import MAX_PICTURES
from livefeed.models.post import BODY_MAX, TITLE_MAX
from livefeed.models.post_list import PostList
from livefeed.models.reaction import reactions_by
from livefeed.models.user import NOT_ACTIVATED
from livefeed.views.errors import TOO_MANY_REQUESTS
from livefeed.views.feed import home_page, page_of
from livefeed.views.resource import Request, Resource, SignedInResource, viewer_of

UNAUTHORIZED = 401
FORBIDDEN = 403
CONFLICT = 409
UNPROCESSABLE = 422
PREPEND = {"HX-Retarget": "#posts", "HX-Reswap": "afterbegin"}
APPEND = {"HX-Retarget": "#posts", "HX-Reswap": "beforeend"}
"""htmx inserts a new post at the top of the feed, a reply at the end of its thread. The page resets its composer itself
(static/js/composer.js): rendering a composer with each answer took a quarter of the time of a POST."""
PARTIALS = {"div#posts": "feed/_refresh.html", "form#activation": "posts/_composer_place.html"}
"""Partial templates of a thread by the element that makes the htmx request."""
GONE = "This post does not exist any more."


class PostsView(Resource):
    """All posts: `POST` creates one."""

    def get(self, request: Request) -> HttpResponse:
        return redirect("home")

    def post(self, request: Request) -> HttpResponse:
        author = viewer_of(request)
        form = PostForm(request.POST, pictures=Attachments.submitted(author, request.POST, request.FILES))
        if author is None or not (author.is_activated and form.is_valid()):
            return with_retry_after(self.compose(form, explain(form, author)), form)
        text = form.cleaned_data
        parent_id = text.pop("parent")
        try:
            parent = Post.objects.visible_to(author).get(pk=parent_id) if parent_id else None
            post = Post.objects.publish(author, **text, parent=parent)
        except Post.DoesNotExist:
            form.add_error(None, "The post you reply to does not exist any more. Your text is still here.")
            return self.compose(form, UNPROCESSABLE)
        except MissingPictureError:
            form.add_error(None, MISSING_PICTURE)
            return self.compose(form, UNPROCESSABLE)
        if self.request.htmx:
            return HttpResponse(render_post(post), headers=APPEND if post.is_reply else PREPEND)
        return redirect(parent or "home")

    def compose(self, form: PostForm, status: int) -> HttpResponse:
        """Renders the composer with the submitted values."""
        if self.request.htmx:
            return render(self.request, "posts/_composer.html", {"form": form}, status=status)
        if not self.request.user.is_authenticated or form["parent"].value():
            return render(self.request, "posts/compose.html", {"form": form}, status=status)
        return home_page(self.request, form, status)


class PreviewView(SignedInResource):
    """Preview: `POST` the fields of the composer to get title, body, pictures and options as the post will show them.
    Saves nothing: files are uploaded by the composer before."""

    def post(self, request: Request) -> HttpResponse:
        text = {"title": clean_title(request.POST.get("title", "")), "body": clean_text(request.POST.get("body", ""))}
        post = Post(title=text["title"][:TITLE_MAX], body=text["body"][:BODY_MAX])
        pictures = Attachments.submitted(self.viewer, request.POST, MultiValueDict()).shown[:MAX_PICTURES]
        poll = PollForm(request.POST, prefix="poll")
        poll.full_clean()
        return render(request, "posts/_preview.html", {"post": post, "pictures": pictures, "options": poll.texts})


class PostView(Resource):
    """One post: `GET` reads it, `POST` edits it, `DELETE` deletes it."""

    def get(self, request: Request, pk: int) -> HttpResponse:
        state = PageState.of(viewer_of(request))
        post = find_post(request, pk)
        if not self.request.htmx:
            return thread_page(request, post, state, "posts/detail.html")
        if "after" in request.GET:
            return thread_page(request, post, state, "feed/_posts.html")
        if partial := PARTIALS.get(request.headers.get("HX-Source", "")):
            return thread_page(request, post, state, partial)
        return HttpResponse(render_post(post))

    def post(self, request: Request, pk: int) -> HttpResponse:
        author = viewer_of(request)
        pictures = Attachments.submitted(author, request.POST, request.FILES)
        form = EditForm(request.POST, ids=f"edit-{pk}", pictures=pictures)
        if author is None or not (author.is_activated and form.is_valid()):
            return with_retry_after(edit_page(request, pk, form, explain(form, author)), form)
        post = find_own_post(request, pk)
        text = form.cleaned_data
        text["seen_version"] = text.pop("version")
        try:
            post.edit(**text)
        except EditConflictError as conflict:
            form.add_conflict(conflict.current)
            return edit_page(request, pk, form, CONFLICT)
        except MissingPictureError:
            form.add_error(None, MISSING_PICTURE)
            return edit_page(request, pk, form, UNPROCESSABLE)
        except MissingQuestionError:
            form.add_error("body", MISSING_QUESTION)
            return edit_page(request, pk, form, UNPROCESSABLE)
        except Post.DoesNotExist:
            raise Http404(GONE) from None
        if self.request.htmx:
            in_place = {"HX-Retarget": f"#post-{pk}", "HX-Reswap": "outerHTML"}
            return HttpResponse(render_post(post), headers=in_place)
        return redirect(post)

    def delete(self, request: Request, pk: int) -> HttpResponse:
        try:
            find_own_post(request, pk).remove()
        except Post.DoesNotExist:
            raise Http404(GONE) from None
        return HttpResponse() if self.request.htmx else redirect("removal", pk)


class PostEditorView(Resource):
    """The editor of a post."""

    def get(self, request: Request, pk: int) -> HttpResponse:
        return edit_page(request, pk, EditForm.of(find_own_post(request, pk)))


def thread_page(request: Request, post: Post, state: PageState, template: str) -> HttpResponse:
    """Renders a post's thread: its ancestors, the post, and its replies from `?after=` on, oldest first."""
    viewer = viewer_of(request)
    start = request.GET.get("after", "")
    replies, has_more = page_of(PostList("thread", viewer, post.pk), start)
    ancestors = [] if start else list(Post.objects.visible_to(viewer).filter(pk__in=post.ancestor_ids).oldest_first())
    posts = prefetch_attached(replies if start else [*ancestors, post, *replies])
    context: dict[str, Any] = {
        "posts": posts,
        "post": post,
        "start": start,
        "view": f"post:{post.pk}",
        "state": state,
        "order": "oldest",
        "has_gap": not start and len(ancestors) < len(post.ancestor_ids),
    }
    if has_more:
        context["next"] = f"{post.get_absolute_url()}?after={replies[-1].sort_key}"
    if viewer:
        context |= reactions_by(viewer, posts)
    return render(request, template, context)


def edit_page(request: Request, pk: int, form: EditForm, status: int = 200) -> HttpResponse:
    """Renders the editor: in place for htmx, as a page otherwise."""
    template = "posts/_editor.html" if request.htmx else "posts/edit.html"
    visible = Post.objects.visible_to(viewer_of(request))  # a form must not reveal what it answers to
    post = visible.only("parent_author_id", "has_poll").filter(pk=pk).first() or Post()
    context = {"form": form, "pk": pk, "is_reply": post.is_reply, "has_poll": post.has_poll}
    return render(request, template, context, status=status)


def explain(form: PostForm, author: User | None) -> int:
    """Adds to the form why it was rejected; returns the status of the response."""
    if author is None:
        form.add_error(None, "You are signed out. Sign in in another tab, then send this again: it is all still here.")
        return UNAUTHORIZED
    if not author.is_activated:
        form.add_error(None, f"{NOT_ACTIVATED} What you typed is still here.")
        return FORBIDDEN
    return TOO_MANY_REQUESTS if form.pictures.retry_after else UNPROCESSABLE


def with_retry_after(response: HttpResponse, form: PostForm) -> HttpResponse:
    """Adds the time to wait to a response, if it refuses pictures only for now."""
    if form.pictures.retry_after:
        response["Retry-After"] = form.pictures.retry_after
    return response


def find_post(request: Request, pk: int) -> Post:
    """Returns a post that the viewer may see. Raises `Http404` with a message for the viewer."""
    found: list[Post] = _visible_posts(viewer_of(request), pk)
    if not found:
        raise Http404(GONE)
    return found[0]


@compiled
def _visible_posts(viewer: User | None, pk: int) -> Any:
    return Post.objects.visible_to(viewer).with_related().filter(pk=pk)


def find_own_post(request: Request, pk: int) -> Post:
    """Returns a post of the viewer. Raises `PermissionDenied` if another user wrote it."""
    post = find_post(request, pk)
    if post.author_id != request.user.pk:
        raise PermissionDenied("Only its author can change a post.")
    return post

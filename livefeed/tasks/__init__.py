"""Background tasks. `manage.py worker` (`tasks/worker.py`) runs them.

A task takes ids and reads the rows again: when it runs, or runs again, the request behind it may be obsolete. No task
stores a link: keys are made when the email is sent. Rows of queued tasks name their function by its dotted path, as in
`livefeed.tasks.send_welcome`: a renamed or moved task must stay importable under its old path.
"""

from allauth.account.models import EmailAddress
from django.tasks import task

from livefeed import follower_notifications
from livefeed.accounts import emails
from livefeed.content import exports
from livefeed.models import Export, Post, User


@task
def send_welcome(user_id: int) -> None:
    """Emails the activation link to a new user, unless the account is active already, suspended or deleted."""
    for user in User.objects.filter(pk=user_id, activated_at=None, is_active=True):
        emails.send_welcome(user)


@task
def send_confirmation(address_id: int) -> None:
    """Emails a confirmation link to a new address, unless it is confirmed or removed by now."""
    for address in EmailAddress.objects.filter(pk=address_id, verified=False).select_related("user"):
        emails.send_confirmation(address)


@task
def send_new_password(user_id: int, address_id: int | None) -> None:
    """Emails a link to reset the password to one of the user's addresses (None: the address stored in the account)."""
    for user in User.objects.filter(pk=user_id, is_active=True):
        address = EmailAddress.objects.filter(user=user, pk=address_id).first()
        if address_id is None or address:
            emails.send_password_reset(user, address.email if address else user.email)


@task
def send_written(recipient: str, subject: str, text: str) -> None:
    """Sends an email that was rendered in a request and contains no secret, such as a notice of a change."""
    emails.send(emails.compose(recipient, subject, text))


@task
def make_export(export_id: str) -> None:
    """Creates the file of an export, unless it exists or the export was deleted."""
    for export in Export.objects.filter(pk=export_id, ready_at=None).select_related("user"):
        exports.build(export)


@task
def delete_account(user_id: int) -> None:
    """Deletes a user who has closed the account, unless an administrator has activated it again."""
    for user in User.objects.filter(pk=user_id, is_active=False):
        user.delete()


@task
def tell_of_new_post(post_id: int) -> int:
    """Notifies followers of a new post. Returns the number of recipients, 0 if the post was removed meanwhile."""
    post = Post.objects.present().filter(pk=post_id).first()
    return follower_notifications.notify_followers(post) if post else 0

"""What is done beside requests, by the worker (working.py). A task takes ids and looks anew: by the time it runs, or is
run again, what it was asked for may no longer be due. No link stands in its row: keys are made when a mail is sent."""

from allauth.account.models import EmailAddress
from django.tasks import task

from livefeed import notifications
from livefeed.accounts import emails
from livefeed.content import exports
from livefeed.models import Export, Post, User


@task
def send_welcome(user_id: int) -> None:
    """Greets somebody who has signed up with the link that activates the account, unless that is done or gone."""
    for user in User.objects.filter(pk=user_id, activated_at=None, is_active=True):
        emails.send_welcome(user)


@task
def send_confirmation(address_id: int) -> None:
    """Asks whether a new address is right, unless it is confirmed or given up by now."""
    for address in EmailAddress.objects.filter(pk=address_id, verified=False).select_related("user"):
        emails.send_confirmation(address)


@task
def send_new_password(user_id: int, address_id: int | None) -> None:
    """Sends the link to a new password to one of a person's addresses (None: the one kept with the account)."""
    for user in User.objects.filter(pk=user_id, is_active=True):
        address = EmailAddress.objects.filter(user=user, pk=address_id).first()
        if address_id is None or address:
            emails.send_password_reset(user, address.email if address else user.email)


@task
def send_written(recipient: str, subject: str, text: str) -> None:
    """Sends a mail that was written in a request and holds no secret: notices of what was changed, and the like."""
    emails.send(emails.compose(recipient, subject, text))


@task
def make_export(export_id: str) -> None:
    """Makes the file that somebody asked for, unless that was given up."""
    for export in Export.objects.filter(pk=export_id, ready_at=None).select_related("user"):
        exports.build(export)


@task
def delete_account(user_id: int) -> None:
    """Deletes somebody who has ended the account; nobody who was brought back by an administrator meanwhile."""
    for user in User.objects.filter(pk=user_id, is_active=False):
        user.delete()


@task
def tell_of_new_post(post_id: int) -> int:
    """Tells those who asked for this author's new posts. Returns how many; none if the post went meanwhile."""
    post = Post.objects.present().filter(pk=post_id).first()
    return notifications.notify_followers(post) if post else 0

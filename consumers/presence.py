"""Open pages of a user, in all processes."""

from consumers.connections.connection import Connection
from consumers.hub.peers import Peers
from consumers.hub.subscriptions import Subscriptions
from livefeed.accounts import open_pages
from livefeed.accounts.open_pages import OpenPage

QUESTION = "pages"


class Presence:
    """Finds a user's open pages for `livefeed.accounts.open_pages`."""

    def __init__(self, subscriptions: Subscriptions, peers: Peers) -> None:
        self._subscriptions = subscriptions
        self._peers = peers
        peers.register(QUESTION, self._pages_here)
        open_pages.finders.add(self.find)

    def close(self) -> None:
        """Stops finding pages."""
        open_pages.finders.discard(self.find)

    def find(self, user_id: int) -> list[OpenPage]:
        """Returns a user's open pages in all processes that answer in time. Called in the thread of a request."""
        return [OpenPage(**page) for page in self._peers.ask(QUESTION, user_id)]

    def _pages_here(self, user_id: int) -> list[dict[str, object]]:
        """Returns a user's open pages in this process."""
        viewer = self._subscriptions.viewers.get(user_id)
        return [_open_page(connection).as_dict() for connection in viewer.connections] if viewer else []


def _open_page(connection: Connection) -> OpenPage:
    view = connection.view
    credential, number = connection.credential or ("", 0)
    return OpenPage(view.name, connection.opened_at, credential, number)

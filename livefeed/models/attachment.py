"""Attachments: uploaded pictures on their way into a post."""

import uuid
from typing import NamedTuple


class Attachment(NamedTuple):
    """Reference to an uploaded picture, with the description that it gets in the post."""

    picture_id: uuid.UUID
    description: str = ""

"""What the demo people say to each other and about themselves, what they like, and two pictures."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from livefeed.models import Like, Picture, Post, Profile, User
from livefeed.models.picture import Attachment


@dataclass(frozen=True)
class Answer:
    """A reply to the post or reply that begins with `to`, some minutes after it."""

    author: str
    to: str
    minutes_later: int
    body: str


ANSWERS = (
    Answer(
        "aiko", "Somebody returned a book", 14, "Page 112 is where the ferry leaves. I would have stopped there too."
    ),
    Answer("mara", "Page 112 is where", 9, "So it was you. The fine stands."),
    Answer(
        "samir",
        "A clear sky over the hills",
        22,
        "It was visible from the crane as well. The whole crew queued for the ladder.",
    ),
    Answer("demo", "Seed swap on Saturday", 31, "I will bring beans and leave with *no* mint. #garden"),
    Answer(
        "noor",
        "Seed swap on Saturday",
        47,
        "Cycling there. The shed has room for eleven bicycles, twelve if they are polite.",
    ),
    Answer(
        "tomasz", "The inspection lamp found", 18, "We had a blackbird in the patch panel once. Uptime was excellent."
    ),
    Answer("priya", "The oven is on", 6, "Smelled it from the tram. #bread"),
)

LIKES = {
    "Somebody returned a book": ("aiko", "noor", "lucia", "demo"),
    "Rye, day three.": ("mara", "lucia"),
    "A clear sky over the hills": ("aiko", "samir", "tomasz", "demo"),
    "Map of the week": ("mara", "demo", "jonas"),
    "Seed swap on Saturday": ("mara", "jonas", "noor"),
    "The inspection lamp found": ("priya", "tomasz", "noor", "mara", "lucia"),
    "The oven is on": ("mara", "lucia"),
}

ABOUT = {
    "demo": ("Reads slowly, mends radios, keeps a list of good benches.", "https://example.org/robin"),
    "mara": ("Librarian. The returns box is open **all night**.", "https://example.org/library"),
    "jonas": ("Baker. Up before you are. #bread", ""),
    "priya": ("Looks up. Photographs what is there when the clouds allow it.", "https://example.org/stars"),
    "noor": ("Counts bicycles, draws maps.", "https://example.org/maps"),
}


def begin(people: Mapping[str, User], now: datetime) -> None:
    """Lets them talk; what they posted is there already."""
    for username, (about, link) in ABOUT.items():
        Profile.objects.for_user(people[username])
        Profile.objects.filter(user=people[username]).update(about=about, links=link)
    for answer in ANSWERS:
        _answer(people[answer.author], answer, now)
    for beginning, names in LIKES.items():
        for name in names:
            Like.objects.add(people[name], _post(beginning))
    _show(_post("A clear sky over the hills"), _saturn(), "Saturn with its rings, small and sharp above dark hills.")
    _show(
        _post("Map of the week"), _map(), "A hand-drawn map: the river in blue, benches as small red squares along it."
    )


def _answer(author: User, answer: Answer, now: datetime) -> None:
    parent = _post(answer.to)
    moment = min(now, parent.created_at + timedelta(minutes=answer.minutes_later))
    reply = Post(author=author, body=answer.body, created_at=moment)
    reply.set_parent(parent)
    reply.save()


def _post(beginning: str) -> Post:
    found: Post = Post.objects.get(body__startswith=beginning)
    return found


def _show(post: Post, drawing: Image.Image, description: str) -> None:
    """Adds a picture to a post that has none, as if it had come with it."""
    file = io.BytesIO()
    drawing.save(file, "PNG")
    picture = Picture.objects.store(post.author, ContentFile(file.getvalue()))
    Picture.objects.attach(post, [Attachment(picture.pk, description)])
    Post.objects.filter(pk=post.pk).update(pictures_count=1)


def _saturn() -> Image.Image:
    drawing = Image.new("RGB", (1_200, 800), "#0b1024")
    pen = ImageDraw.Draw(drawing)
    sky = Random(7)  # noqa: S311  # nothing secret
    for _ in range(160):
        x, y, size = sky.randrange(1_200), sky.randrange(620), sky.choice((1, 1, 2, 3))
        pen.ellipse((x, y, x + size, y + size), fill="#cfd6ea")
    pen.ellipse((540, 230, 660, 350), fill="#e3cf9f")
    pen.ellipse((460, 262, 740, 318), outline="#f0e2bd", width=7)
    pen.pieslice((540, 230, 660, 350), 180, 360, fill="#e3cf9f")
    pen.polygon([(0, 800), (0, 660), (260, 560), (520, 650), (800, 540), (1_200, 670), (1_200, 800)], fill="#151b30")
    return drawing


def _map() -> Image.Image:
    drawing = Image.new("RGB", (1_200, 900), "#f3efe3")
    pen = ImageDraw.Draw(drawing)
    river = [(0, 640), (220, 560), (420, 590), (640, 430), (860, 420), (1_200, 250)]
    pen.line(river, fill="#7fb0d6", width=64, joint="curve")
    for x in range(80, 1_200, 170):
        pen.line([(x, 0), (x - 60, 900)], fill="#ddd5c0", width=5)
    for number in range(26):
        x, y = 60 + number * 46, 690 - number * 17 + (number * 67) % 120
        pen.rectangle((x, y, x + 14, y + 14), fill="#c8442e")
    return drawing

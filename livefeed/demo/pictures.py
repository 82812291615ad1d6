"""Drawings for demo posts."""

from random import Random

from PIL import Image, ImageDraw


def saturn() -> Image.Image:
    drawing = Image.new("RGB", (1_200, 800), "#0b1024")
    pen = ImageDraw.Draw(drawing)
    sky = Random(7)  # noqa: S311  # nothing secret
    for _ in range(160):
        x = sky.randrange(1_200)
        y = sky.randrange(620)
        size = sky.choice((1, 1, 2, 3))
        pen.ellipse((x, y, x + size, y + size), fill="#cfd6ea")
    pen.ellipse((540, 230, 660, 350), fill="#e3cf9f")
    pen.ellipse((460, 262, 740, 318), outline="#f0e2bd", width=7)
    pen.pieslice((540, 230, 660, 350), 180, 360, fill="#e3cf9f")
    pen.polygon([(0, 800), (0, 660), (260, 560), (520, 650), (800, 540), (1_200, 670), (1_200, 800)], fill="#151b30")
    return drawing


def map_of_benches() -> Image.Image:
    drawing = Image.new("RGB", (1_200, 900), "#f3efe3")
    pen = ImageDraw.Draw(drawing)
    river = [(0, 640), (220, 560), (420, 590), (640, 430), (860, 420), (1_200, 250)]
    pen.line(river, fill="#7fb0d6", width=64, joint="curve")
    for x in range(80, 1_200, 170):
        pen.line([(x, 0), (x - 60, 900)], fill="#ddd5c0", width=5)
    for number in range(26):
        x = 60 + number * 46
        y = 690 - number * 17 + (number * 67) % 120
        pen.rectangle((x, y, x + 14, y + 14), fill="#c8442e")
    return drawing


DRAWINGS = {"saturn": saturn, "map": map_of_benches}

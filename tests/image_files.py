"""Image files for uploads: valid, rotated, animated, oversized and hostile ones."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ORIENTATION, POSITION, LATITUDE_REF = 0x0112, 0x8825, 1


def image(size: tuple[int, int] = (64, 48), color: str = "#3366cc", mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, color)


def encoded(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def jpeg(size: tuple[int, int] = (64, 48), color: str = "#3366cc") -> bytes:
    return encoded(image(size, color), quality=95)


def turned_jpeg() -> bytes:
    """A JPEG whose left half is red as stored. Its EXIF data demand a quarter turn clockwise and contain a location."""
    picture = image((80, 40), "blue")
    ImageDraw.Draw(picture).rectangle((0, 0, 39, 39), fill="red")
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "A camera's maker"
    exif.get_ifd(POSITION)[LATITUDE_REF] = "N"
    return encoded(picture, exif=exif, quality=95)


def moving_gif(frames: int = 3) -> bytes:
    pictures = [image(color=color) for color in ("red", "green", "blue") * frames][:frames]
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=120, loop=0)


def huge_png(side: int = 50_000) -> bytes:
    """A PNG of a few hundred bytes whose header declares a width and height of `side` pixels."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", zlib.compress(b"\0" * 3_000)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def large_png(side: int = 7_000) -> bytes:
    """A PNG of few bytes for its pixels: by default 160 KB and 49 million pixels, which take seconds to decode."""
    return encoded(image((side, side)), "PNG")


def png16(*samples: int, transparent: bytes = b"", channels: int = 1) -> bytes:
    """A PNG of one row with 16 bits per sample: grey (1 channel), or red, green and blue (3)."""
    color_type = {1: 0, 3: 2}[channels]
    row = b"\0" + struct.pack(f">{len(samples)}H", *samples)
    parts = [_chunk(b"IHDR", struct.pack(">IIBBBBB", len(samples) // channels, 1, 16, color_type, 0, 0, 0))]
    if transparent:
        parts.append(_chunk(b"tRNS", transparent))
    return b"\x89PNG\r\n\x1a\n" + b"".join([*parts, _chunk(b"IDAT", zlib.compress(row)), _chunk(b"IEND", b"")])


def file(content: bytes | None = None, name: str = "picture.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if content is None else content, content_type="image/jpeg")

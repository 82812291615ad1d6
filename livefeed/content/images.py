"""Pictures as they are kept: whatever somebody hands in becomes WebP in two sizes, made anew from its pixels alone.

So nothing else of a file survives: no position and no camera's name, no second file hidden behind the picture.
"""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps, ImageSequence

FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "GIF": "GIF"}
BYTES_MOST = 10 * 1024 * 1024
PIXELS_MOST = 50_000_000
"""Of one picture, or of all frames of a moving one together: decoded they take 4 bytes each."""
LARGE, SMALL, MOVING = 2_048, 1_216, 640
"""The longest side, in pixels: of what is opened, of what stands in a feed (there twice its 608 CSS pixels), and of
what moves."""
FRAMES_MOST = 300
QUALITY = 82
FOREIGN = re.compile(rb"<(?:script|html|!doctype|svg|\?php|iframe|body)", re.IGNORECASE)
"""Marks of a page or a program; a picture that holds one is meant to be taken for something else, too."""
ZIP_END, ZIP_END_LONGEST = b"PK\x05\x06", 65_557
PDF, PDF_WITHIN = b"%PDF-", 1_024
"""Readers of zip and PDF files look for these marks in the last, and in the first, so many bytes."""

NO_PICTURE = "Only JPEG, PNG, WebP and GIF pictures can be posted, and this file is none of them."
DAMAGED = "This picture is damaged or not complete."
TWO_IN_ONE = "This file is a picture and something else in one. Save it anew as a picture, then choose it again."
TOO_LARGE = f"This file is too large: {BYTES_MOST // 1024 // 1024} MB fit."
TOO_MANY_PIXELS = f"This picture has too many pixels: {PIXELS_MOST // 1_000_000} million fit."

_one_at_a_time = Lock()
"""A picture of PIXELS_MOST takes 200 MB while it is made smaller."""


class Sizes(NamedTuple):
    """The longest side of each file, in pixels, and whether the picture is cut to a square around its middle."""

    large: int
    small: int
    is_square: bool = False


POST, AVATAR = Sizes(LARGE, SMALL), Sizes(512, 144, is_square=True)


class PictureError(ValueError):
    """A file cannot be kept as a picture; the text says why, for whoever chose it. No `ValidationError`: that one knows
    itself, and so waits for the garbage collector with all that its traceback holds, the file."""


@dataclass(frozen=True)
class ProcessedImage:
    """A picture ready to be kept: two WebP files, the larger one's size in pixels, and its mean colour as #rrggbb."""

    large: bytes
    small: bytes
    width: int
    height: int
    color: str


def process_image(content: bytes, sizes: Sizes = POST) -> ProcessedImage:
    """Makes a picture of a file's content. Raises `PictureError` with a sentence for people."""
    _refuse_what_is_more(content)
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd metadata, and pixels, which are counted here
        image = _opened(content)
        try:
            return _moving(image) if _moves(image, sizes) else _still(image, sizes)
        except PictureError:
            raise
        except Exception as error:  # decoders fail in many ways
            raise PictureError(DAMAGED) from error


def _refuse_what_is_more(content: bytes) -> None:
    if len(content) > BYTES_MOST:
        raise PictureError(TOO_LARGE)
    is_page = FOREIGN.search(content) is not None
    if is_page and not content.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8")):
        raise PictureError(NO_PICTURE)
    if is_page or ZIP_END in content[-ZIP_END_LONGEST:] or PDF in content[:PDF_WITHIN]:
        raise PictureError(TWO_IN_ONE)


def _opened(content: bytes) -> Image.Image:
    """The picture, not decoded yet."""
    try:
        image = Image.open(io.BytesIO(content), formats=list(FORMATS))
    except Image.DecompressionBombError:
        raise PictureError(TOO_MANY_PIXELS) from None
    except Exception as error:
        raise PictureError(NO_PICTURE) from error
    if image.width * image.height > PIXELS_MOST:
        raise PictureError(TOO_MANY_PIXELS)
    return image


# --- One that stands still ---


def _still(image: Image.Image, sizes: Sizes) -> ProcessedImage:
    image.draft("RGB", (sizes.large, sizes.large))  # a JPEG is decoded at a fraction of its size where that is enough
    image.load()
    upright = _upright(image)
    if sizes.is_square:
        upright = ImageOps.fit(upright, (min(upright.size),) * 2)
    large = _within(upright, sizes.large)
    small = _within(large.copy(), sizes.small)
    return ProcessedImage(_webp(large), _webp(small), large.width, large.height, _mean_color(small))


def _upright(image: Image.Image) -> Image.Image:
    """The pixels the right way up, in colours that every screen understands."""
    upright = ImageOps.exif_transpose(image)
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    if profile := image.info.get("icc_profile"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            base = upright if upright.mode in ("RGB", "RGBA", "CMYK", "L") else upright.convert(mode)
            found = ImageCms.profileToProfile(base, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            return found or base
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that fits nothing: the pixels as they are
    return upright.convert(mode)


def _within(image: Image.Image, longest: int) -> Image.Image:
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _webp(image: Image.Image) -> bytes:
    made = io.BytesIO()
    image.info.clear()
    image.save(made, "WEBP", quality=QUALITY, method=4)
    return made.getvalue()


def _mean_color(image: Image.Image) -> str:
    pixel = image.convert("RGBA").resize((1, 1), Image.Resampling.BOX).convert("RGB").tobytes()
    return f"#{pixel.hex()}"


# --- One that moves ---


def _moves(image: Image.Image, sizes: Sizes) -> bool:
    """Whether it is kept moving: of one with too many frames the first stays, and so it does of an avatar."""
    count = getattr(image, "n_frames", 1)
    return not sizes.is_square and 1 < count <= FRAMES_MOST and count * image.width * image.height <= PIXELS_MOST


def _moving(image: Image.Image) -> ProcessedImage:
    """The same, in one size only."""
    durations: list[int] = []
    frames = list(_frames(image, durations))
    made = io.BytesIO()
    options = {"duration": durations, "loop": image.info.get("loop", 0), "quality": QUALITY, "method": 2}
    frames[0].save(made, "WEBP", save_all=True, append_images=frames[1:], **options)
    return ProcessedImage(made.getvalue(), made.getvalue(), frames[0].width, frames[0].height, _mean_color(frames[0]))


def _frames(image: Image.Image, durations: list[int]) -> Iterator[Image.Image]:
    for shown in ImageSequence.Iterator(image):
        durations.append(max(20, int(shown.info.get("duration", 100))))
        frame = _within(shown.convert("RGBA"), MOVING)
        frame.info.clear()
        yield frame

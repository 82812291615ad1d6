"""Conversion of uploaded pictures: each is decoded and encoded again as WebP in two sizes.

Only the pixels survive: no location, no camera model, no second file hidden behind the picture.
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
MAX_BYTES = 10 * 1024 * 1024
"""Size of an uploaded file."""
MAX_PIXELS = 50_000_000
"""Pixels of a picture, or of all frames of an animation together. A decoded pixel takes 4 bytes."""
MAX_LARGE_SIDE = 2_048
"""Pixels of the longer side of a picture that is opened."""
MAX_SMALL_SIDE = 1_216
"""Pixels of the longer side of a picture in a feed: twice its 608 CSS pixels."""
MAX_ANIMATION_SIDE = 640
"""Pixels of the longer side of an animation."""
MAX_FRAMES = 300
"""Frames of an animation; of a longer one only the first frame remains."""
QUALITY = 82
"""WebP quality, from 0 to 100."""
FOREIGN_MARKUP = re.compile(rb"<(?:script|html|!doctype|svg|\?php|iframe|body)", re.IGNORECASE)
"""Beginnings of HTML, SVG and PHP. A picture that contains one could also be opened as a page or program."""
ZIP_END = b"PK\x05\x06"
ZIP_END_RANGE = 65_557
"""Readers of zip files look for ZIP_END in this many of the last bytes."""
PDF_START = b"%PDF-"
PDF_START_RANGE = 1_024
"""Readers of PDF files look for PDF_START in this many of the first bytes."""

NO_PICTURE = "Only JPEG, PNG, WebP and GIF pictures can be posted, and this file is none of them."
DAMAGED = "This picture is damaged or not complete."
TWO_IN_ONE = "This file is a picture and something else in one. Save it again as a picture, then choose it."
TOO_LARGE = f"This file is too large. The limit is {MAX_BYTES // 1024 // 1024} MB."
TOO_MANY_PIXELS = f"This picture has too many pixels. The limit is {MAX_PIXELS // 1_000_000} million."

_conversion_lock = Lock()
"""Allows one conversion at a time in a process: a picture of MAX_PIXELS takes 200 MB while it is scaled down."""


class Sizes(NamedTuple):
    """Longer side of each file, in pixels; with `is_square` the picture is cropped to a square around its centre."""

    large: int
    small: int
    is_square: bool = False


POST = Sizes(MAX_LARGE_SIDE, MAX_SMALL_SIDE)
AVATAR = Sizes(512, 144, is_square=True)


class PictureError(ValueError):
    """Raised when a file cannot be accepted as a picture; the message is shown to the user.

    Not a `ValidationError`: that contains a reference to itself, so its traceback and with it the file would stay in
    memory until the garbage collector runs.
    """


@dataclass(frozen=True)
class ProcessedImage:
    """Converted picture: two WebP files, the larger one's size in pixels, and its mean colour as #rrggbb."""

    large: bytes
    small: bytes
    width: int
    height: int
    color: str


def process_image(content: bytes, sizes: Sizes = POST) -> ProcessedImage:
    """Converts the content of an uploaded file. Raises `PictureError` with a message for the user."""
    _check_content(content)
    with _conversion_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd metadata, and about pixels, which are counted here
        image = _open(content)
        try:
            return _convert_animation(image) if _is_animation(image, sizes) else _convert_still(image, sizes)
        except PictureError:
            raise
        except Exception as error:  # decoders raise many kinds of errors
            raise PictureError(DAMAGED) from error


def _check_content(content: bytes) -> None:
    """Raises `PictureError` if a file is too large, or also a web page, zip or PDF file."""
    if len(content) > MAX_BYTES:
        raise PictureError(TOO_LARGE)
    is_page = FOREIGN_MARKUP.search(content) is not None
    if is_page and not content.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF", b"GIF8")):
        raise PictureError(NO_PICTURE)
    if is_page or ZIP_END in content[-ZIP_END_RANGE:] or PDF_START in content[:PDF_START_RANGE]:
        raise PictureError(TWO_IN_ONE)


def _open(content: bytes) -> Image.Image:
    """Returns the picture, not decoded yet."""
    try:
        image = Image.open(io.BytesIO(content), formats=list(FORMATS))
    except Image.DecompressionBombError:
        raise PictureError(TOO_MANY_PIXELS) from None
    except Exception as error:
        raise PictureError(NO_PICTURE) from error
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(TOO_MANY_PIXELS)
    return image


# --- Still pictures ---


def _convert_still(image: Image.Image, sizes: Sizes) -> ProcessedImage:
    image.draft("RGB", (sizes.large, sizes.large))  # decodes a large JPEG at a fraction of its size
    image.load()
    upright = _normalized(image)
    if sizes.is_square:
        side = min(upright.size)
        upright = ImageOps.fit(upright, (side, side))
    large = _scaled_down(upright, sizes.large)
    small = _scaled_down(large.copy(), sizes.small)
    return ProcessedImage(_webp(large), _webp(small), large.width, large.height, _mean_color(small))


def _normalized(image: Image.Image) -> Image.Image:
    """Returns the picture upright, as its EXIF orientation demands, and in sRGB."""
    upright = ImageOps.exif_transpose(image)
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    if profile := image.info.get("icc_profile"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            base = upright if upright.mode in ("RGB", "RGBA", "CMYK", "L") else upright.convert(mode)
            found = ImageCms.profileToProfile(base, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            return found or base
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # an invalid profile: keep the pixels as they are
    return upright.convert(mode)


def _scaled_down(image: Image.Image, longer_side: int) -> Image.Image:
    image.thumbnail((longer_side, longer_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return image


def _webp(image: Image.Image) -> bytes:
    output = io.BytesIO()
    image.info.clear()
    image.save(output, "WEBP", quality=QUALITY, method=4)
    return output.getvalue()


def _mean_color(image: Image.Image) -> str:
    pixel = image.convert("RGBA").resize((1, 1), Image.Resampling.BOX).convert("RGB").tobytes()
    return f"#{pixel.hex()}"


# --- Animations ---


def _is_animation(image: Image.Image, sizes: Sizes) -> bool:
    """True if the picture stays animated: not an avatar, and not one with too many frames or pixels."""
    count = getattr(image, "n_frames", 1)
    return not sizes.is_square and 1 < count <= MAX_FRAMES and count * image.width * image.height <= MAX_PIXELS


def _convert_animation(image: Image.Image) -> ProcessedImage:
    """Converts an animation, in one size only."""
    durations: list[int] = []
    frames = list(_frames(image, durations))
    output = io.BytesIO()
    options = {"duration": durations, "loop": image.info.get("loop", 0), "quality": QUALITY, "method": 2}
    frames[0].save(output, "WEBP", save_all=True, append_images=frames[1:], **options)
    content = output.getvalue()
    return ProcessedImage(content, content, frames[0].width, frames[0].height, _mean_color(frames[0]))


def _frames(image: Image.Image, durations: list[int]) -> Iterator[Image.Image]:
    """Yields the frames scaled down, and appends each one's duration in milliseconds to `durations`."""
    for original in ImageSequence.Iterator(image):
        durations.append(max(20, int(original.info.get("duration", 100))))
        frame = _scaled_down(original.convert("RGBA"), MAX_ANIMATION_SIDE)
        frame.info.clear()
        yield frame

"""Conversion of uploaded pictures: each is decoded and encoded again as WebP in two sizes.

Only the pixels survive: no location, no camera model, no second file hidden behind the picture. Servers convert in a
process of its own (`conversion`), which imports this module and no Django.
"""

import io
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from PIL import GifImagePlugin as GifImagePlugin  # only these decoders: else `Image.open` imports all of them
from PIL import Image, ImageCms, ImageOps, ImageSequence
from PIL import JpegImagePlugin as JpegImagePlugin
from PIL import PngImagePlugin as PngImagePlugin
from PIL import WebPImagePlugin as WebPImagePlugin

SIGNATURES = {"JPEG": rb"\xff\xd8", "PNG": rb"\x89PNG", "WEBP": rb"RIFF(?:.{4}WEBP|.{0,7}\Z)", "GIF": rb"GIF8"}
"""Patterns of the first bytes of each accepted format. A file that begins like a picture and is none is damaged."""
ANIMATED_FORMATS = ("GIF", "PNG", "WEBP")
"""A JPEG may contain several pictures too (MPO): previews or other exposures of the same photo, and no animation."""
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
DAMAGED = "This picture is damaged or not complete. Save or download it again, then choose it."
TWO_IN_ONE = "This file is a picture and something else in one. Save it again as a picture, then choose it."
TOO_LARGE = f"This file is too large. The limit is {MAX_BYTES // 1024 // 1024} MB."
TOO_MANY_PIXELS = f"This picture has too many pixels. The limit is {MAX_PIXELS // 1_000_000} million."
TOO_COMPLEX = "This picture takes too long to process. Save it in a smaller size, then choose it."


class Sizes(NamedTuple):
    """Longer side of each file, in pixels; with `is_square` the picture is cropped to a square around its centre."""

    large: int
    small: int
    is_square: bool = False


POST = Sizes(MAX_LARGE_SIDE, MAX_SMALL_SIDE)
AVATAR = Sizes(512, 144, is_square=True)


class PictureError(ValueError):
    """Raised when a file cannot be accepted as a picture; the message is shown to the user. `pixels` is the work that
    it caused.

    Not a `ValidationError`: that contains a reference to itself, so its traceback and with it the file would stay in
    memory until the garbage collector runs.
    """

    def __init__(self, message: str, pixels: int = 0) -> None:
        super().__init__(message)
        self.pixels = pixels


class OverBudgetError(PictureError):
    """Raised when a picture has more pixels than its user may upload at present."""


class ProcessedImage(NamedTuple):
    """Converted picture: two WebP files, width and height of the larger file in pixels, the mean colour as #rrggbb, and
    the number of pixels that were decoded."""

    large: bytes
    small: bytes
    width: int
    height: int
    color: str
    pixels: int = 0


def process_image(content: bytes, sizes: Sizes = POST, max_pixels: int = MAX_PIXELS) -> ProcessedImage:
    """Converts the content of an uploaded file. Raises `PictureError` with a message for the user, or
    `OverBudgetError` if more than `max_pixels` would have to be decoded."""
    _check_content(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd metadata, and about pixels, which are counted here
        image = _open(content)
        pixels = image.width * image.height
        try:
            if is_animation := _is_animation(image, sizes):
                pixels *= _frame_count(image)
            if pixels > max_pixels:
                raise OverBudgetError(TOO_MANY_PIXELS)
            processed = _convert_animation(image) if is_animation else _convert_still(image, sizes)
        except PictureError:
            raise
        except MemoryError as error:
            raise PictureError(TOO_COMPLEX, pixels) from error
        except Exception as error:  # decoders raise many kinds of errors
            raise PictureError(DAMAGED, pixels) from error
    return processed._replace(pixels=pixels)


def _check_content(content: bytes) -> None:
    """Raises `PictureError` if a file is too large, or also a web page, zip or PDF file."""
    if len(content) > MAX_BYTES:
        raise PictureError(TOO_LARGE)
    is_page = FOREIGN_MARKUP.search(content) is not None
    if is_page and not _has_signature(content):
        raise PictureError(NO_PICTURE)
    if is_page or ZIP_END in content[-ZIP_END_RANGE:] or PDF_START in content[:PDF_START_RANGE]:
        raise PictureError(TWO_IN_ONE)


def _has_signature(content: bytes) -> bool:
    """True if a file begins like one of the accepted formats."""
    return any(re.match(signature, content, re.DOTALL) for signature in SIGNATURES.values())


def _open(content: bytes) -> Image.Image:
    """Returns the picture, not decoded yet."""
    try:
        image = Image.open(io.BytesIO(content), formats=list(SIGNATURES))
    except Image.DecompressionBombError:
        raise PictureError(TOO_MANY_PIXELS) from None
    except Exception as error:
        raise PictureError(DAMAGED if _has_signature(content) else NO_PICTURE) from error
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(TOO_MANY_PIXELS)
    return image


# --- Still pictures ---


def _convert_still(image: Image.Image, sizes: Sizes) -> ProcessedImage:
    image.draft("RGB", (sizes.large, sizes.large))  # decodes a large JPEG at a fraction of its size
    image.load()
    large = _reduced(image, sizes)
    ImageOps.exif_transpose(large, in_place=True)
    large = _in_srgb(large)
    small = _scaled_down(large.copy(), sizes.small)
    return ProcessedImage(_webp(large), _webp(small), large.width, large.height, _mean_color(small))


def _reduced(image: Image.Image, sizes: Sizes) -> Image.Image:
    """Returns the picture in the larger size. The steps that follow then take little time and memory."""
    image = _with_8_bits(image)
    if sizes.is_square:
        side = min(image.size)
        left = (image.width - side) // 2
        top = (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    return _scaled_down(image, sizes.large)


def _with_8_bits(image: Image.Image) -> Image.Image:
    """Returns the picture in a mode that can be scaled: 8 bits per channel, no palette, transparency as a channel."""
    _scale_transparent_color(image)
    if image.mode.startswith("I"):  # 16-bit grey; Pillow's own conversion turns everything above 255 white
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image if image.mode in ("RGBA", "LA") else image.convert("RGBA")
    return image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")


def _scale_transparent_color(image: Image.Image) -> None:
    """Scales the colour that a 16-bit PNG declares transparent, as Pillow does with the pixels but not with it."""
    transparent = image.info.get("transparency")
    if isinstance(transparent, int) and transparent > 255:
        image.info["transparency"] = transparent >> 8
    elif isinstance(transparent, tuple) and max(transparent) > 255:
        image.info["transparency"] = tuple(channel >> 8 for channel in transparent)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Returns the picture in sRGB, converted from its own colour profile."""
    mode = "RGBA" if image.mode in ("RGBA", "LA") else "RGB"
    if profile := image.info.get("icc_profile"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            base = image.convert(mode) if image.mode == "LA" else image
            found = ImageCms.profileToProfile(base, source, ImageCms.createProfile("sRGB"), outputMode=mode)
            return found or base
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # an invalid profile: keep the pixels as they are
    return image.convert(mode)


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
    if sizes.is_square or image.format not in ANIMATED_FORMATS:
        return False
    count = _frame_count(image)
    return 1 < count <= MAX_FRAMES and count * image.width * image.height <= MAX_PIXELS


def _frame_count(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1))


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
        frame = _scaled_down(ImageOps.exif_transpose(original.convert("RGBA")), MAX_ANIMATION_SIDE)
        frame.info.clear()
        yield frame

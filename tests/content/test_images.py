"""Conversion of uploaded pictures, and refusal of all other files."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from livefeed.content import images
from tests import image_files

ZIP = b"PK\x05\x06" + bytes(18)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def color_at(picture: Image.Image, x: int, y: int) -> str:
    red, green, blue = picture.convert("RGB").crop((x, y, x + 1, y + 1)).tobytes()
    return "red" if red > 180 > green else "blue" if blue > 180 > green else f"{red},{green},{blue}"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "1", "I;16"])
def test_every_format_and_mode_becomes_webp(format, mode):
    source = image_files.image((300, 150))
    try:
        content = image_files.encoded(
            source.convert("L").convert("I;16") if mode == "I;16" else source.convert(mode), format
        )
    except (OSError, ValueError):
        return  # the format does not support this mode
    processed = images.process_image(content)
    assert all(
        opened(each).format == "WEBP" and opened(each).size == (300, 150) for each in (processed.large, processed.small)
    )


def test_a_large_picture_is_stored_in_two_sizes():
    processed = images.process_image(image_files.jpeg((3_000, 1_500)))
    large = opened(processed.large)
    small = opened(processed.small)
    assert (large.format, large.size, small.format, small.size) == ("WEBP", (2_048, 1_024), "WEBP", (1_216, 608))
    assert (processed.width, processed.height) == large.size


def test_a_small_picture_is_not_enlarged():
    processed = images.process_image(image_files.jpeg((30, 20)))
    assert opened(processed.large).size == opened(processed.small).size == (30, 20)


def test_the_result_is_upright_and_contains_no_metadata():
    processed = images.process_image(image_files.turned_jpeg())
    for content in (processed.large, processed.small):
        picture = opened(content)
        assert picture.size == (40, 80)
        assert (color_at(picture, 20, 10), color_at(picture, 20, 70)) == ("red", "blue")
        assert not picture.getexif()
        assert not picture.info.keys() & {"exif", "xmp", "icc_profile"}
        assert b"maker" not in content


def test_an_avatar_is_cropped_to_a_square():
    processed = images.process_image(image_files.jpeg((900, 600)), images.AVATAR)
    assert (opened(processed.large).size, opened(processed.small).size) == ((512, 512), (144, 144))


def test_a_picture_with_another_colour_profile_is_converted():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    content = image_files.encoded(image_files.image(), icc_profile=profile.tobytes())
    assert opened(images.process_image(content).large).size == (64, 48)


def test_transparency_is_kept():
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert opened(images.process_image(image_files.encoded(clear, "PNG")).large).convert("RGBA").tobytes()[3] == 0


def test_the_mean_colour_is_returned():
    assert images.process_image(image_files.encoded(image_files.image(color="#102030"), "PNG")).color == "#102030"


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_an_animation_stays_animated(format):
    frames = [image_files.image((1_000, 500), color) for color in ("red", "green", "blue")]
    content = image_files.encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=120, loop=0)
    moving = opened(images.process_image(content).small)
    assert (getattr(moving, "n_frames", 1), moving.size) == (3, (640, 320))


def test_an_animation_with_too_many_frames_becomes_a_still_picture():
    processed = images.process_image(image_files.moving_gif(images.MAX_FRAMES + 1))
    assert getattr(opened(processed.large), "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", images.NO_PICTURE),
        (b"Hello.", images.NO_PICTURE),
        (image_files.SVG, images.NO_PICTURE),
        (b"<!DOCTYPE html><script>alert(1)</script>", images.NO_PICTURE),
        (image_files.encoded(image_files.image(), "BMP"), images.NO_PICTURE),
        (image_files.encoded(image_files.image(), "TIFF"), images.NO_PICTURE),
        (image_files.jpeg()[:-40], images.DAMAGED),
        (image_files.jpeg() + b"<script>alert(1)</script>", images.TWO_IN_ONE),
        (image_files.moving_gif() + b"<?PHP system('id');", images.TWO_IN_ONE),
        (image_files.jpeg() + ZIP, images.TWO_IN_ONE),
        (image_files.encoded(image_files.image(), comment=b"%PDF-1.7"), images.TWO_IN_ONE),
        (b"GIF89a/*" + b"<svg onload=alert(1)>", images.TWO_IN_ONE),
        (image_files.huge_png(), images.TOO_MANY_PIXELS),
        (image_files.huge_png(8_000), images.TOO_MANY_PIXELS),
        (image_files.jpeg() + bytes(images.MAX_BYTES), images.TOO_LARGE),
    ],
)
def test_other_files_are_refused_with_the_reason(content, sentence):
    with pytest.raises(images.PictureError) as refusal:
        images.process_image(content)
    assert str(refusal.value) == sentence


def test_a_film_behind_a_photo_is_removed():
    """Phones append short films to photos."""
    content = image_files.jpeg() + b"\x00\x00\x00\x18ftypmp42" + bytes(1_000)
    assert b"ftyp" not in images.process_image(content).large


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([image_files.jpeg(), image_files.moving_gif(), image_files.encoded(image_files.image(), "PNG")]),
    st.data(),
)
def test_a_damaged_file_is_converted_or_refused(content, data):
    start = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:start] + data.draw(st.binary(max_size=50)) + content[start + data.draw(st.integers(0, 50)) :]
    try:
        processed = images.process_image(damaged)
    except images.PictureError:
        pass  # with one of the sentences above
    else:
        assert opened(processed.large).format == "WEBP"

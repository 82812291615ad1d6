"""What becomes of the files that people hand in as pictures."""

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
def test_every_kind_becomes_webp(format, mode):
    source = image_files.image((300, 150))
    try:
        content = image_files.encoded(
            source.convert("L").convert("I;16") if mode == "I;16" else source.convert(mode), format
        )
    except (OSError, ValueError):
        return  # a kind has no such mode
    made = images.process_image(content)
    assert all(opened(each).format == "WEBP" and opened(each).size == (300, 150) for each in (made.large, made.small))


def test_a_large_one_is_kept_in_two_sizes():
    made = images.process_image(image_files.jpeg((3_000, 1_500)))
    large, small = opened(made.large), opened(made.small)
    assert (large.format, large.size, small.format, small.size) == ("WEBP", (2_048, 1_024), "WEBP", (1_216, 608))
    assert (made.width, made.height) == large.size


def test_a_small_one_is_not_made_larger():
    made = images.process_image(image_files.jpeg((30, 20)))
    assert opened(made.large).size == opened(made.small).size == (30, 20)


def test_it_stands_the_right_way_up_and_says_nothing_of_where_it_was_taken():
    made = images.process_image(image_files.turned_jpeg())
    for content in (made.large, made.small):
        picture = opened(content)
        assert picture.size == (40, 80)
        assert (color_at(picture, 20, 10), color_at(picture, 20, 70)) == ("red", "blue")
        assert not picture.getexif()
        assert not picture.info.keys() & {"exif", "xmp", "icc_profile"}
        assert b"maker" not in content


def test_an_avatar_is_cut_to_a_square_around_its_middle():
    made = images.process_image(image_files.jpeg((900, 600)), images.AVATAR)
    assert (opened(made.large).size, opened(made.small).size) == ((512, 512), (144, 144))


def test_colours_of_another_space_are_turned_into_ours():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    content = image_files.encoded(image_files.image(), icc_profile=profile.tobytes())
    assert opened(images.process_image(content).large).size == (64, 48)


def test_what_shows_through_stays_so():
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert opened(images.process_image(image_files.encoded(clear, "PNG")).large).convert("RGBA").tobytes()[3] == 0


def test_its_mean_colour_holds_the_place():
    assert images.process_image(image_files.encoded(image_files.image(color="#102030"), "PNG")).color == "#102030"


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_what_moves_goes_on_moving(format):
    frames = [image_files.image((1_000, 500), color) for color in ("red", "green", "blue")]
    content = image_files.encoded(frames[0], format, save_all=True, append_images=frames[1:], duration=120, loop=0)
    moving = opened(images.process_image(content).small)
    assert (getattr(moving, "n_frames", 1), moving.size) == (3, (640, 320))


def test_what_moves_for_too_long_stands_still():
    made = images.process_image(image_files.moving_gif(images.MAX_FRAMES + 1))
    assert getattr(opened(made.large), "n_frames", 1) == 1


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
def test_what_cannot_be_kept_is_refused_with_the_reason(content, sentence):
    with pytest.raises(images.PictureError) as refusal:
        images.process_image(content)
    assert str(refusal.value) == sentence


def test_a_photo_with_a_film_behind_it_is_a_photo():
    """As telephones make them: what follows the picture is simply left out."""
    content = image_files.jpeg() + b"\x00\x00\x00\x18ftypmp42" + bytes(1_000)
    assert b"ftyp" not in images.process_image(content).large


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([image_files.jpeg(), image_files.moving_gif(), image_files.encoded(image_files.image(), "PNG")]),
    st.data(),
)
def test_whatever_is_done_to_a_file_it_is_a_picture_or_refused(content, data):
    start = data.draw(st.integers(0, len(content) - 1))
    spoilt = content[:start] + data.draw(st.binary(max_size=50)) + content[start + data.draw(st.integers(0, 50)) :]
    try:
        made = images.process_image(spoilt)
    except images.PictureError:
        pass  # with one of the sentences above
    else:
        assert opened(made.large).format == "WEBP"

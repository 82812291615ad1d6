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


def grey_of(content: bytes) -> list[tuple[int, int]]:
    """Returns grey and opacity of each pixel of a converted one-row picture; WebP may change a value slightly."""
    picture = opened(images.process_image(content).large).convert("RGBA")
    return list(zip(picture.getchannel("G").tobytes(), picture.getchannel("A").tobytes(), strict=True))


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_are_scaled_to_8(channels):
    samples = [value for value in (0, 0x4000, 0x8000, 0xFFFF) for _ in range(channels)]
    found = grey_of(image_files.png16(*samples, channels=channels))
    assert [grey for grey, _ in found] == pytest.approx([0, 0x40, 0x80, 0xFF], abs=6)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_transparent_colour_of_16_bits_is_transparent(channels):
    samples = [value for value in (0, 0x4000, 0x8000, 0xFFFF) for _ in range(channels)]
    transparent = b"\x80\x00" * channels
    found = grey_of(image_files.png16(*samples, channels=channels, transparent=transparent))
    assert [opacity for _, opacity in found] == [255, 255, 0, 255]


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (Image.new("RGB", (20, 20)).quantize(2), {"transparency": 0}),
        (Image.new("L", (20, 20), 9), {"transparency": 9}),
        (Image.new("LA", (20, 20), (9, 0)), {}),
        (Image.new("RGB", (20, 20), "#090909"), {"transparency": (9, 9, 9)}),
    ],
    ids=["palette", "grey", "grey with alpha", "colours"],
)
@pytest.mark.parametrize("has_profile", [False, True])
def test_every_kind_of_transparency_is_kept(picture, options, has_profile):
    if has_profile:
        options = {**options, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    large = opened(images.process_image(image_files.encoded(picture, "PNG", **options)).large)
    assert large.convert("RGBA").getchannel("A").getextrema() == (0, 0)


def test_cmyk_keeps_its_colours():
    content = image_files.encoded(Image.new("CMYK", (20, 20), (0, 255, 255, 0)))
    assert color_at(opened(images.process_image(content).large), 10, 10) == "red"


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_the_orientation_in_exif_data_applies_to_every_format(format):
    exif = Image.Exif()
    exif[image_files.ORIENTATION] = 6
    content = image_files.encoded(image_files.image((80, 40)), format, exif=exif)
    assert opened(images.process_image(content).large).size == (40, 80)


def test_a_photo_with_a_second_picture_inside_is_no_animation():
    """Phones append a preview or another exposure to a photo (MPO)."""
    second = image_files.image(color="blue")
    content = image_files.encoded(image_files.image(color="red"), "MPO", save_all=True, append_images=[second])
    large = opened(images.process_image(content).large)
    assert getattr(large, "n_frames", 1) == 1
    assert color_at(large, 10, 10) == "red"


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
        (image_files.jpeg() + b"<script>alert(1)</script>", images.TWO_IN_ONE),
        (image_files.moving_gif() + b"<?PHP system('id');", images.TWO_IN_ONE),
        (image_files.jpeg() + ZIP, images.TWO_IN_ONE),
        (image_files.encoded(image_files.image(), comment=b"%PDF-1.7"), images.TWO_IN_ONE),
        (b"GIF89a/*" + b"<svg onload=alert(1)>", images.TWO_IN_ONE),
        (image_files.huge_png(), images.TOO_MANY_PIXELS),
        (image_files.huge_png(8_000), images.TOO_MANY_PIXELS),
        (image_files.jpeg() + bytes(images.MAX_BYTES), images.TOO_LARGE),
        (b"RIFF\x24\0\0\0WAVEfmt ", images.NO_PICTURE),
    ],
)
def test_other_files_are_refused_with_the_reason(content, sentence):
    with pytest.raises(images.PictureError) as refusal:
        images.process_image(content)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("part", [0.01, 0.1, 0.5, 0.9])
def test_an_incomplete_picture_is_called_incomplete(format, part):
    whole = image_files.encoded(Image.effect_noise((64, 48), 80).convert("RGB"), format)
    with pytest.raises(images.PictureError, match="damaged or not complete"):
        images.process_image(whole[: max(4, int(len(whole) * part))])


def test_a_picture_over_the_budget_is_not_decoded():
    with pytest.raises(images.OverBudgetError):
        images.process_image(image_files.jpeg((64, 48)), max_pixels=64 * 48 - 1)
    assert images.process_image(image_files.jpeg((64, 48)), max_pixels=64 * 48).pixels == 64 * 48
    with pytest.raises(images.OverBudgetError):
        images.process_image(image_files.moving_gif(3), max_pixels=3 * 64 * 48 - 1)


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

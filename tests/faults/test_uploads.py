"""Malicious files and bodies: refused or re-encoded, without growth of the server's memory or delay of others."""

import io
import re
import select
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from consumers.server.request_limits import MAX_LARGE_BODIES
from livefeed.content import images
from livefeed.models import Picture
from tests import image_files
from tests.factories import cookie_of, make_user
from tests.faults.conftest import full_or
from tests.faults.others import others_are_not_delayed
from tests.stack.people import TOKEN
from tests.stack.servers import Site, wait_until

BOUNDARY = "livefeed-test"
MAX_GROWTH = 50
"""MB of memory."""
UPLOADERS = 12
SECONDS = full_or(2, 60)
"""Time for which uploads that were refused are repeated; those that were accepted may take longer."""
HARMFUL = {
    "a drawing": image_files.SVG,
    "a page that begins like a picture": b"GIF89a/*<svg onload=alert(1)>*/",
    "a picture and a script": image_files.jpeg() + b"<script>alert(1)</script>",
    "a picture and a zip file": image_files.jpeg() + b"PK\x05\x06" + bytes(18),
    "a document": b"%PDF-1.7 " + image_files.jpeg(),
    "50,000 x 50,000 pixels": image_files.huge_png(),
    "half a picture": image_files.jpeg()[:-40],
    "11 MB": image_files.jpeg() + bytes(11 * 2**20),
    "nothing": b"",
}


def upload(site: Site, cookie: str, content: bytes) -> tuple[int, str]:
    """Uploads a file as a picture; returns the status and the answer."""
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="picture.jpg"\r\n\r\n'
    body = part.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {
        "Cookie": f"{cookie}; {settings.CSRF_COOKIE_NAME}={TOKEN}",
        "X-CSRFToken": TOKEN,
        "HX-Request": "true",
        "Origin": site.url,
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    request = urllib.request.Request(f"{site.url}/pictures/", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def memory(site: Site) -> int:
    """Returns the resident memory of a site's process, in MB."""
    assert site.process is not None
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{site.process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


def test_malicious_files_are_refused_with_a_message_and_take_no_memory(site, cast):
    cookie = cookie_of(cast.author)
    assert upload(site, cookie, image_files.jpeg())[0] == 200  # loads what is loaded only once
    before = memory(site)
    for _ in range(full_or(1, 20)):
        for what, content in HARMFUL.items():
            status, said = upload(site, cookie, content)
            assert (status, "notice" in said) == (422, True), what
    grown = memory(site) - before
    print(f"{len(HARMFUL)} harmful files were refused; the server grew by {grown} MB")
    assert grown <= MAX_GROWTH
    assert Picture.objects.count() == 1


def test_a_photo_is_re_encoded_upright_without_its_location_and_takes_no_memory(site, cast):
    cookie = cookie_of(cast.author)
    assert upload(site, cookie, image_files.turned_jpeg())[0] == 200
    address = f"{site.url}{Picture.objects.get().large}"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": cookie}), timeout=10) as answer:
        content = answer.read()
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size, dict(picture.getexif())) == ("WEBP", (40, 80), {})
    photo = image_files.jpeg((8_000, 6_000))
    assert images.MAX_PIXELS > 48_000_000
    before = memory(site)
    for _ in range(full_or(1, 10)):
        assert upload(site, cookie, photo)[0] == 200
    grown = memory(site) - before
    print(f"photos of 48 million pixels were kept; the server grew by {grown} MB")
    assert grown <= MAX_GROWTH


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "in chunks"])
def test_a_gigabyte_is_refused_while_it_arrives(site, announced):
    length = 2**30
    piece = bytes(2**20)
    head = f"Content-Length: {length}" if announced else "Transfer-Encoding: chunked"
    piece = piece if announced else b"100000\r\n" + piece + b"\r\n"
    before = memory(site)
    sent = 0
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(f"POST /pictures/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n\r\n".encode())
        with suppress(OSError):  # the server disconnects
            while sent < length // 2**20 and not select.select([client], [], [], 0)[0]:
                client.sendall(piece)
                sent += 1
        assert client.recv(100).startswith(b"HTTP/1.1 413 Content Too Large")
    grown = memory(site) - before
    print(f"a gigabyte was refused after {sent} MB; the server grew by {grown} MB")
    assert sent < 200
    assert grown <= MAX_GROWTH


def test_one_address_sends_eight_large_bodies_at_a_time(site):
    head = b"POST /pictures/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2000000\r\n\r\n"
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=10))
            for _ in range(MAX_LARGE_BODIES)
        ]
        for client in clients:
            client.sendall(head)
        assert answer_to(site, head).startswith(b"HTTP/1.1 429 ")
        clients[0].close()
        wait_until(lambda: answer_to(site, head + bytes(2_000_000)).startswith(b"HTTP/1.1 403 "), "another one is read")


def answer_to(site: Site, request: bytes) -> bytes:
    """Sends a request; returns the first line of the answer."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=10) as client:
        client.sendall(request)
        return client.makefile("rb").readline()


def upload_again(site: Site, cookie: str, content: bytes, until: float) -> list[int]:
    """Uploads a picture, and again when that was refused; returns the statuses."""
    statuses = [upload(site, cookie, content)[0]]
    while statuses[-1] == 429 and time.monotonic() < until:
        time.sleep(0.5)
        statuses.append(upload(site, cookie, content)[0])
    return statuses


def test_large_pictures_delay_no_others(site, cast):
    content = image_files.large_png()
    uploaders = [cookie_of(make_user()) for _ in range(UPLOADERS)]
    with ThreadPoolExecutor(UPLOADERS) as threads, others_are_not_delayed(site):
        until = time.monotonic() + SECONDS
        uploading = [threads.submit(upload_again, site, cookie, content, until) for cookie in uploaders]
        statuses = [status for each in uploading for status in each.result()]
    print(f"{statuses.count(200)} pictures of 49 million pixels stored, {statuses.count(429)} times refused")
    assert set(statuses) == {200, 429}

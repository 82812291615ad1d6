"""Behind a real nginx with docs/deploy/nginx.conf and TLS: idle sockets, unbuffered frames, and forwarded addresses."""

import os
import re
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from livefeed.live import publishing
from livefeed.models import Session, User
from tests import needs
from tests.conftest import database_url
from tests.factories import PASSWORD, Cast, cookie_of, make_cast, make_post
from tests.stack.servers import ROOT, Site, free_port, process

CONFIGURATION = ROOT / "docs" / "deploy" / "nginx.conf"
IDLE_TIMEOUT = 60
"""Seconds after which nginx closes an idle connection."""
UNCHECKED = ssl._create_unverified_context()


def certificate(folder: Path) -> tuple[Path, Path]:
    """Creates a self-signed certificate; returns certificate and key."""
    key = folder / "key.pem"
    cert = folder / "cert.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(["openssl", *words, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def configuration(folder: Path, port: int, site: Site) -> Path:
    """Writes the documented configuration with the test's addresses and files; returns its path."""
    cert, key = certificate(folder)
    text = CONFIGURATION.read_text().replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = text.replace("listen 80;", f"listen unix:{folder}/http;")
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{site.port}").replace("feed.example.org", "localhost")
    text = re.sub(r"(ssl_certificate) .*;", rf"\1 {cert};", text)
    text = re.sub(r"(ssl_certificate_key) .*;", rf"\1 {key};", text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    head = f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}}"
    if os.geteuid() == 0:
        head += " user root;"
    file = folder / "nginx.conf"
    file.write_text(f"{head}\nhttp {{ access_log off; {temporary}\n{text}\n}}")
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of nginx."""
    return tmp_path_factory.mktemp("proxy")


@pytest.fixture(scope="module")
def running_proxy(django_db_setup: None, folder: Path) -> Iterator[str]:
    """Runs nginx in front of a site; its URL."""
    port = free_port()
    url = f"https://localhost:{port}"
    environment = {**os.environ, "DATABASE_URL": database_url(), "LIVEFEED_TRUSTED_PROXIES": "1"}
    site = Site(environment, folder, url=url)
    site.start()
    command = [needs.nginx() or "nginx", "-c", str(configuration(folder, port, site))]
    with process(command, port, log=folder / "nginx.log"):
        yield url
    site.stop()


@pytest.fixture
def proxy(running_proxy: str, transactional_db) -> str:
    """The URL of nginx, in front of a site with an empty database."""
    publishing.reset_feeds()  # the log of a running site is never empty
    return running_proxy


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def listen(proxy: str, cookie: str, origin: str = "") -> ClientConnection:
    address = proxy.replace("https", "wss") + "/ws/feed/?view=home"
    headers = {"Cookie": cookie}
    return connect(address, origin=Origin(origin or proxy), additional_headers=headers, ssl=UNCHECKED)


def secure_cookie_of(user: User) -> str:
    """Returns the Cookie header of a session of `user` on a site with https."""
    return f"__Host-{cookie_of(user)}"


@pytest.mark.full
def test_an_idle_socket_stays_open_for_a_minute_and_frames_arrive_at_once(proxy, cast):
    cookies = secure_cookie_of(cast.follower), secure_cookie_of(cast.stranger)
    with listen(proxy, cookies[0]) as reader, listen(proxy, cookies[1]) as stranger:
        for each in (reader, stranger):
            assert '"hello"' in each.recv(timeout=10)
        began = time.monotonic()
        heard = []
        while time.monotonic() - began < IDLE_TIMEOUT + 5:
            heard.append(reader.recv(timeout=IDLE_TIMEOUT))
        assert all('"heartbeat"' in frame for frame in heard)
        make_post(cast.author, "After a minute.")
        assert "After a minute." in reader.recv(timeout=5)
        assert all('"heartbeat"' in stranger.recv(timeout=IDLE_TIMEOUT) for _ in heard)


def test_forwarded_headers_are_trusted_only_as_far_as_the_proxy(proxy, cast):
    jar = urllib.request.HTTPCookieProcessor()
    client = urllib.request.build_opener(jar, urllib.request.HTTPSHandler(context=UNCHECKED))
    page = client.open(f"{proxy}/accounts/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = f"csrfmiddlewaretoken={token[1]}&login=author&password={PASSWORD.replace(' ', '+')}"
    headers = {"Referer": f"{proxy}/accounts/login/", "X-Forwarded-For": "203.0.113.9"}  # the client's own claim
    client.open(urllib.request.Request(f"{proxy}/accounts/login/", form.encode(), headers))
    session = Session.objects.get()
    assert session.get_decoded()["began"]["address"] == "127.0.0.1"
    cookies = {cookie.name: (cookie.secure, cookie.path, cookie.domain_specified) for cookie in jar.cookiejar}
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        assert cookies[f"__Host-{name}"] == (True, "/", False)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        client.open(f"{proxy}/metrics")


def test_sockets_of_other_origins_are_refused_through_the_proxy_too(proxy, cast):
    for origin in ("https://elsewhere.example", proxy.replace("https", "http"), "http://localhost"):
        with pytest.raises(InvalidStatus, match="403"):
            listen(proxy, secure_cookie_of(cast.follower), origin=origin)
    with listen(proxy, secure_cookie_of(cast.follower)) as reader:
        assert '"hello"' in reader.recv(timeout=10)


def test_nothing_is_served_without_https(proxy, folder):
    with urllib.request.urlopen(f"{proxy}/explore/", context=UNCHECKED) as page:
        assert page.headers["Strict-Transport-Security"] == f"max-age={365 * 24 * 3600}"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / "http"))
        connection.sendall(b"GET /explore/?a=b HTTP/1.0\r\nHost: elsewhere.example\r\n\r\n")
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 301 ")
    assert "Location: https://localhost/explore/?a=b\r\n" in answer

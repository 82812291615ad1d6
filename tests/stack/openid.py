"""A small OpenID Connect provider for tests: it signs in, without asking, the person described by its `claims`."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID = "livefeed"
CLIENT_SECRET = "a secret of the client"


class Provider:
    """State of a provider: `claims` about the person who signs in, and the codes that it has given out."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.claims: dict[str, Any] = {"sub": "1", "email": "ada@corp.example", "email_verified": True}
        self.is_broken = False
        self.is_refusing = False
        self.requests: dict[str, dict[str, str]] = {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that configure Livefeed for this provider."""
        return {
            "LIVEFEED_OIDC_URL": self.url,
            "LIVEFEED_OIDC_NAME": "Example ID",
            "LIVEFEED_OIDC_CLIENT_ID": CLIENT_ID,
            "LIVEFEED_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }

    def configuration(self) -> dict[str, Any]:
        addresses = {
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
        }
        return {"issuer": self.url, "token_endpoint_auth_methods_supported": ["client_secret_post"], **addresses}

    def authorize(self, query: dict[str, str]) -> str:
        """Returns the address that the browser is sent back to. Requires PKCE."""
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        answer = {"state": query["state"]}
        if self.is_refusing:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe()
            self.requests[answer["code"]] = query
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Returns the tokens for a code, once, to the client that can prove that it asked for the code."""
        request = self.requests.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == request["code_challenge"]
        assert form["client_secret"] == CLIENT_SECRET
        assert form["redirect_uri"] == request["redirect_uri"]
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60, **self.claims}
        return {
            "access_token": secrets.token_urlsafe(),
            "token_type": "Bearer",
            "id_token": jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"}),
        }


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of browsers and of Livefeed."""

    server: "Server"

    def do_GET(self) -> None:
        provider = self.server.provider
        address = urlsplit(self.path)
        if provider.is_broken:
            self.send_error(503)
        elif address.path == "/authorize":
            self.send_response(302)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            self.send_header("Location", provider.authorize(query))
            self.end_headers()
        elif address.path == "/userinfo":
            self.send_json(provider.claims)
        else:
            self.send_json(provider.configuration())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_json(self.server.provider.token({name: values[0] for name, values in parse_qs(body).items()}))

    def send_json(self, value: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Writes nothing."""


class Server(ThreadingHTTPServer):
    """Server of one provider on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.provider = Provider(f"http://127.0.0.1:{self.server_address[1]}")


@contextmanager
def openid_provider() -> Iterator[Provider]:
    """Runs a provider until the end of the block."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A provider of OpenID Connect in the test process: discovery, keys and codes over real HTTP."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "api://jim"
CLIENT_ID = "jim-admin"


@cache
def signing_key(name: str = "first") -> RSAPrivateKey:
    """Made once for each name: making one takes a moment."""
    return generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """asked: paths, oldest first. forms: what the token endpoint was sent. id_token: what it answers. away: 503s."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.authorizations: list[str | None] = []
        self.id_token: object = None
        self.away = False
        self.keys = {"first": signing_key()}

    def token(self, *, key: Any = None, key_id: str | None = "first", algorithm: str = "RS256", **claims: Any) -> str:
        """Good for the API unless claims say otherwise; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "zoe", "iat": now, "exp": now + 60}
        payload = {name: value for name, value in (usual | claims).items() if value is not None}
        headers = {"kid": key_id} if key_id else {}
        return jwt.encode(payload, key or signing_key(), algorithm, headers)

    def answer(self, path: str) -> Any:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            endpoints = {"jwks_uri": "keys", "authorization_endpoint": "authorize", "token_endpoint": "token"}
            return {"issuer": self.url} | {name: f"{self.url}/{part}" for name, part in endpoints.items()}
        if path == "/keys":
            return {"keys": [self._public(key_id, key) for key_id, key in self.keys.items()]}
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token}

    def _public(self, key_id: str, key: RSAPrivateKey) -> dict[str, Any]:
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig", "alg": "RS256"}


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(issuer.answer(self.path)).encode()
            self.send_response(503 if issuer.away else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            issuer.forms.append({name: values[0] for name, values in parse_qs(sent).items()})
            issuer.authorizations.append(self.headers["Authorization"])
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield issuer
        server.shutdown()
        thread.join()

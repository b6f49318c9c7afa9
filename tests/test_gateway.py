"""The HTTP gateway's lists, its description of itself, its refusals, and its door."""

from __future__ import annotations

import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from google.protobuf import json_format
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import mien
from mien.errors import ServerError
from mien.rig import find_rig, load_rig
from mien.rpc.access import Access
from mien.rpc.answers import models_of, rig_of
from mien.rpc.config import Tls
from mien.rpc.gateway.app import routes
from mien.rpc.gateway.options import NAMES
from mien.rpc.gateway.results import WAYS
from mien.rpc.gateway.server import HttpServer
from mien.rpc.refused import RefusedError
from mien.wire.v1 import lists_pb2 as lists
from tests.conftest import unavailable
from tests.gateway_host import PATIENCE, Gateway, gateway

TOKEN = "a-token-that-nobody-guesses"
STUDIO = "https://studio.example"
PROTOBUF = {"Accept": "application/x-protobuf"}


@pytest.fixture(scope="module")
def open_gateway(model_folder: Path) -> Iterator[Gateway]:
    """One without a token, on this machine alone; pages of one studio may call."""
    with gateway(model_folder, Access(origins=(STUDIO,))) as running:
        yield running


@pytest.fixture
def client(open_gateway: Gateway) -> Iterator[httpx.Client]:
    with open_gateway.client() as one:
        yield one


@pytest.fixture(scope="module")
def guarded(model_folder: Path) -> Iterator[Gateway]:
    """One that wants a token and can be reached from elsewhere."""
    with gateway(model_folder, Access(token=TOKEN, loopback=False)) as running:
        yield running


# Lists


def test_rigs_are_listed_in_snake_case_json(client: httpx.Client) -> None:
    answer = client.get("/v1/rigs")
    assert answer.headers["content-type"] == "application/json"
    assert {"name": "arkit", "title": "Apple ARKit, 52 blendshapes", "curves": 52} in answer.json()["rigs"]


def test_a_rig_is_the_same_in_json_and_in_bytes(client: httpx.Client) -> None:
    wanted = rig_of(load_rig(find_rig("arkit")))
    assert json_format.Parse(client.get("/v1/rigs/arkit").text, lists.Rig()) == wanted
    assert lists.Rig.FromString(client.get("/v1/rigs/arkit", headers=PROTOBUF).content) == wanted


def test_models_are_listed_with_the_servers_default_first(open_gateway, client, model_folder) -> None:
    models = client.get("/v1/models").json()["models"]
    assert (models[0]["is_default"], models[1]["name"]) == (True, "mien-live")
    assert models[0]["parameters"] > 0  # a number, as far as JavaScript can hold it
    wanted = models_of(open_gateway.host.catalogue)
    assert lists.ListModelsResponse.FromString(client.get("/v1/models", headers=PROTOBUF).content) == wanted


def test_a_list_that_is_empty_is_there(client: httpx.Client) -> None:
    assert client.get("/v1/emotions").json() == {"emotions": []}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/x-protobuf;q=0.5, application/json", "application/json"),
        ("application/json;q=0.1, application/*", "application/x-protobuf"),
        ("text/html", "application/json"),  # whoever asks from a browser's address bar sees something
    ],
)
def test_the_better_liked_type_is_sent(client: httpx.Client, accept: str, kind: str) -> None:
    assert client.get("/v1/rigs", headers={"Accept": accept}).headers["content-type"] == kind


# What is refused


def refusal(answer: httpx.Response) -> tuple[int, dict[str, str]]:
    """The status, and the wire's error."""
    error = answer.json()
    assert set(error) == {"code", "field", "message", "kind"}
    assert "\n" not in error["message"]
    return answer.status_code, error


def test_an_unknown_rig_is_not_found_and_a_near_one_is_named(client: httpx.Client) -> None:
    status, error = refusal(client.get("/v1/rigs/arkti"))
    assert (status, error["code"], error["kind"]) == (404, "NOT_FOUND", "RigError")
    assert error["message"] == "There is no rig 'arkti'. Did you mean 'arkit'?"


def test_an_unknown_route_is_answered_with_the_routes_there_are(client: httpx.Client) -> None:
    status, error = refusal(client.get("/v1/rig"))
    assert (status, error["code"]) == (404, "NOT_FOUND")
    assert error["message"].startswith("There is nothing at '/v1/rig'; there is /, /docs, ")
    assert error["message"].endswith("Did you mean '/v1/rigs'?")


def test_a_wrong_method_is_answered_with_the_right_one(client: httpx.Client) -> None:
    answer = client.get("/v1/bake")
    status, error = refusal(answer)
    assert (status, answer.headers["allow"]) == (405, "POST")
    assert error["message"] == "/v1/bake takes POST, not GET."


def test_a_websocket_to_nowhere_is_answered_too(open_gateway: Gateway) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(f"ws://127.0.0.1:{open_gateway.port}/v1/anmate"):
        pass
    assert caught.value.response.status_code == 404
    assert "Did you mean '/v1/animate'?" in json.loads(caught.value.response.body)["message"]


def test_a_mistake_of_ours_is_an_answer_without_a_traceback(model_folder: Path, caplog) -> None:
    with gateway(model_folder) as running, running.client() as client:
        running.host.catalogue.rig_names = None  # type: ignore[method-assign, assignment]
        answer = client.get("/v1/rigs")
    status, error = refusal(answer)
    assert (status, error["code"]) == (500, "INTERNAL")
    assert error["message"] == "A mistake inside the server; its log has more."
    assert "TypeError" in caplog.text


def test_a_head_that_is_too_long_is_refused(open_gateway: Gateway) -> None:
    with socket.create_connection(("127.0.0.1", open_gateway.port), PATIENCE) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * (65 << 10))
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


# Health and the end


def test_who_drains_says_so_and_takes_nothing_new(model_folder: Path) -> None:
    with gateway(model_folder) as running, running.client() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        running.host.draining = True
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()) == (503, {"status": "draining"})
        for path in ("/v1/bake", "/v1/animate"):
            status, error = refusal(client.post(path, content=b""))
            assert (status, error["code"]) == (503, "UNAVAILABLE")
            assert error["message"] == "This server is about to stop; connect again in a moment."


def test_a_stopped_server_no_longer_listens(model_folder: Path) -> None:
    with gateway(model_folder) as running:
        port = running.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), PATIENCE)


# Its description


def operations(spec: dict) -> set[tuple[str, str]]:
    return {(path, method.upper()) for path, methods in spec["paths"].items() for method in methods}


def test_the_description_is_valid_openapi(client: httpx.Client) -> None:
    spec = client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(spec).validate()
    assert spec["info"]["version"] == mien.__version__


def test_every_route_is_described_and_nothing_else(open_gateway: Gateway, client: httpx.Client) -> None:
    found = set()
    for route in routes(open_gateway.host, Access()):
        if isinstance(route, WebSocketRoute):
            found.add((route.path, "GET"))  # how its handshake begins
        elif isinstance(route, Route):
            found |= {(route.path, method) for method in route.methods or () if method != "HEAD"}
    assert operations(client.get("/openapi.json").json()) == found


def test_each_option_is_described_and_nothing_else(client: httpx.Client) -> None:
    spec = client.get("/openapi.json").json()
    parameters = spec["components"]["parameters"]
    assert list(parameters) == list(NAMES)
    referred = [each["$ref"].rpartition("/")[2] for each in spec["paths"]["/v1/bake"]["post"]["parameters"]]
    assert referred == list(NAMES)
    assert parameters["format"]["schema"]["enum"] == [way.name for way in WAYS]
    answers = spec["paths"]["/v1/bake"]["post"]["responses"]["200"]["content"]
    assert list(answers) == [way.media_type for way in WAYS]


def test_the_page_is_reached_from_the_root_and_loads_nothing(client: httpx.Client) -> None:
    answer = client.get("/", follow_redirects=True)
    assert answer.url.path == "/docs"
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"https?://|<script|src=|@import", answer.text)
    for path, method in operations(client.get("/openapi.json").json()):
        assert f"<b class='method'>{method} {path}</b>" in answer.text


# The door: pages of strangers


def test_pages_of_strangers_are_turned_away(client: httpx.Client) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:1", "https://127.0.0.1"):
        status, error = refusal(client.get("/v1/rigs", headers={"Origin": origin}))
        assert (status, error["code"], error["field"]) == (403, "PERMISSION_DENIED", "origin")
        assert error["message"].startswith(f"Pages of '{origin}' may not call this server")
        assert "--allow-origin" in error["message"]


def test_our_own_pages_may_call(open_gateway: Gateway, client: httpx.Client) -> None:
    assert client.get("/v1/rigs", headers={"Origin": open_gateway.url}).status_code == 200


def test_pages_that_are_allowed_may_read_the_answer(client: httpx.Client) -> None:
    answer = client.get("/v1/rigs/nobody", headers={"Origin": STUDIO})
    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == STUDIO
    assert answer.headers["vary"] == "Origin"


def test_a_preflight_tells_allowed_pages_what_they_may_send(client: httpx.Client) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = client.options("/v1/bake", headers={"Origin": STUDIO, **asks})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == STUDIO
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    answer = client.options("/v1/bake", headers={"Origin": "https://evil.example", **asks})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_a_websocket_of_a_strangers_page_is_turned_away(open_gateway: Gateway) -> None:
    url = f"ws://127.0.0.1:{open_gateway.port}/v1/animate"
    with pytest.raises(InvalidStatus) as caught, connect(url, origin="https://evil.example"):  # type: ignore[arg-type]
        pass
    assert caught.value.response.status_code == 403
    assert json.loads(caught.value.response.body)["field"] == "origin"
    for origin in (STUDIO, open_gateway.url):
        with connect(url, origin=origin) as ws:  # type: ignore[arg-type]
            assert ws.response.status_code == 101


@pytest.mark.parametrize("name", ["evil.example", "192.168.1.7:80", "localhost.evil.example", "", "[::2]:80"])
def test_a_name_that_is_not_ours_is_turned_away(client: httpx.Client, name: str) -> None:
    status, error = refusal(client.get("/v1/rigs", headers={"Host": name}))
    assert (status, error["field"]) == (403, "host")
    assert error["message"] == f"This server answers to localhost and 127.0.0.1; it was called '{name}'."


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:1", "127.0.0.1:80", "127.9.9.9", "[::1]:80"])
def test_every_name_of_this_machine_will_do(client: httpx.Client, name: str) -> None:
    assert client.get("/v1/rigs", headers={"Host": name}).status_code == 200


def test_a_server_for_others_has_any_name(guarded: Gateway) -> None:
    with guarded.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        assert client.get("/v1/rigs", headers={"Host": "mien.example"}).status_code == 200


# The door: tokens


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer \xfc"])
def test_without_the_token_nothing_is_told(guarded: Gateway, given: str) -> None:
    with guarded.client(headers={"Authorization": given.encode("latin-1")}) as client:
        for path in ("/v1/rigs", "/docs", "/nowhere", "/"):
            answer = client.get(path)
            status, error = refusal(answer)
            assert (status, error["code"]) == (401, "UNAUTHENTICATED")
            assert answer.headers["www-authenticate"] == "Bearer"
            assert error["message"] == "This server wants a token: send 'Authorization: Bearer TOKEN'."


def test_health_wants_no_token(guarded: Gateway) -> None:
    with guarded.client() as client:
        assert client.get("/healthz").status_code == 200


def test_with_the_token_all_is_open(guarded: Gateway) -> None:
    with guarded.client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        assert client.get("/v1/rigs").status_code == 200


def test_a_page_shows_its_token_as_a_subprotocol(guarded: Gateway) -> None:
    url = f"ws://127.0.0.1:{guarded.port}/v1/animate"
    with connect(url, subprotocols=["mien.v1.json", f"mien.token.{TOKEN}"]) as ws:  # type: ignore[list-item]
        assert ws.subprotocol == "mien.v1.json"
    with connect(url, additional_headers={"Authorization": f"Bearer {TOKEN}"}) as ws:
        assert ws.subprotocol is None
    with pytest.raises(InvalidStatus) as caught, connect(url, subprotocols=["mien.v1", "mien.token.wrong"]):  # type: ignore[list-item]
        pass
    assert caught.value.response.status_code == 401


def test_an_empty_session_token_opens_nothing() -> None:
    for access in (Access(token=TOKEN), Access()):
        with pytest.raises(RefusedError, match="session token"):
            access.check_paths("127.0.0.1", "")
    with pytest.raises(RefusedError, match="wants a token"):
        Access(token=TOKEN).check_token("")


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a root, a server and a client, made by openssl."""
    if not shutil.which("openssl"):
        unavailable("the command openssl, to make certificates with")
    folder = tmp_path_factory.mktemp("tls")
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=root")
    for name in ("server", "client"):
        _openssl(folder, f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}")
        (folder / "names").write_text("subjectAltName=IP:127.0.0.1", encoding="ascii")
        signing = f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names"
        _openssl(folder, f"{signing} -out {name}.pem")
    return folder


def _openssl(folder: Path, words: str) -> None:
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)


def test_with_a_client_ca_only_its_clients_come_in(model_folder: Path, certificates: Path) -> None:
    tls = Tls(*(str(certificates / name) for name in ("server.pem", "server.key", "ca.pem")))
    known = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    unknown = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    known.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    with gateway(model_folder, tls=tls) as running:
        url = f"https://127.0.0.1:{running.port}/v1/rigs"
        assert httpx.get(url, verify=known).status_code == 200
        assert (
            httpx.get(url, verify=known, headers={"Origin": url.removesuffix("/v1/rigs")}).status_code == 200
        )
        with pytest.raises(httpx.TransportError):
            httpx.get(url, verify=unknown)


def test_a_certificate_that_is_none_is_refused_in_one_sentence(open_gateway: Gateway, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing", encoding="ascii")
    for path in (broken, tmp_path / "missing.pem"):
        with pytest.raises(ServerError, match=r"\.pem cannot be used for TLS \("):
            HttpServer(open_gateway.host, Access(), [], Tls(str(path), str(path)))

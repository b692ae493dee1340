"""Who may speak to the server: with the token, its cookie, or a link for a class."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from neurona.web import links, server
from neurona.web.security import COOKIE
from neurona.web.server import application
from tests.support.talking import HOST, ORIGIN, TOKEN, Talker


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(client):
    answer = client.get(f"/?token={TOKEN}", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"neurona-8000={TOKEN};")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize("path", ["/", "/static/page.js", "/anything"])
def test_without_the_cookie_nothing_is_answered(client, path):
    assert client.get(path).status_code == 403
    client.cookies.set(COOKIE, TOKEN[:-1])
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "token",
    ["another", TOKEN[:-1], TOKEN[:1], TOKEN[1:], TOKEN + "x", TOKEN.upper(), TOKEN + "%00"],
)
def test_a_wrong_token_gives_no_cookie(client, token):
    answer = client.get(f"/?token={token}", follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("cookie", [TOKEN[:-1], TOKEN[1:], TOKEN + "x", TOKEN.upper(), '""'])
def test_a_cookie_that_is_only_like_the_token_opens_no_socket(client, cookie):
    client.cookies.set(COOKIE, cookie)
    assert client.get("/").status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers=ORIGIN):
        pass


def test_a_host_is_known_in_either_case():
    app = application(TOKEN, {"Localhost:8000"})
    with TestClient(app, base_url="http://localhost:8000", cookies={COOKIE: TOKEN}) as client:
        for host in ("localhost:8000", "LOCALHOST:8000", "LocalHost:8000"):
            assert client.get("/", headers={"host": host}).status_code == 200
            headers = {"host": host, "origin": f"http://{host}"}
            with client.websocket_connect("/socket", headers=headers) as socket:
                Talker(socket).hello()
        assert client.get("/", headers={"host": "LOCALHOST:8001"}).status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:8001", "", "a:b@" + HOST])
def test_another_host_is_refused(known, host):
    assert known.get("/", headers={"host": host}).status_code == 400
    with (
        pytest.raises(WebSocketDisconnect),
        known.websocket_connect("/socket", headers={**ORIGIN, "host": host}),
    ):
        pass


def test_every_port_has_its_cookie_and_other_cookies_do_not_matter(client):
    others = 'theirs={"a": [1, 2]}; neurona-8001=another; ='
    for name in ("neurona-8000", "neurona"):  # scripts may send it without the port
        headers = {"cookie": f"{others}; {name}={TOKEN}"}
        assert client.get("/", headers=headers).status_code == 200
    headers = {"cookie": f"neurona-8001={TOKEN}"}
    assert client.get("/", headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://127.0.0.1:9000", "null"])
def test_another_origin_cannot_post_with_our_cookie(known, method, origin):
    headers = {} if origin is None else {"origin": origin}
    for path in ("/", "/socket", "/static/page.js"):
        assert known.request(method, path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", f"https://{HOST}", f"http://{HOST}.evil.example"]
)
def test_a_socket_from_another_origin_is_refused(known, origin):
    with (
        pytest.raises(WebSocketDisconnect),
        known.websocket_connect("/socket", headers={**ORIGIN, "origin": origin}),
    ):
        pass


def test_a_socket_without_origin_or_cookie_is_refused(client):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket", headers=ORIGIN):
        pass
    client.cookies.set(COOKIE, TOKEN)
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/socket", headers={"host": HOST}),
    ):
        pass


def test_every_answer_has_a_strict_policy_and_no_cors(known):
    for answer in (known.get("/"), known.get("/nothing")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_nothing_outside_of_the_static_files_is_served(known):
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static//etc/passwd"):
        assert known.get(path).status_code == 404


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline():
    page = (Path(server.PAGE) / "index.html").read_text()
    assert "http" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


@pytest.mark.parametrize("name", ["page", "widget"])
def test_what_is_loaded_weighs_at_most_150_kb(name):
    files = [Path(server.STATIC) / f"{name}.{kind}" for kind in ("js", "css")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 150_000


# A class


def test_a_short_link_lets_in_and_leads_to_what_the_teacher_has_prepared(client):
    client.cookies.set(COOKIE, TOKEN)
    with client.websocket_connect("/socket", headers=ORIGIN) as socket:
        talker = Talker(socket)
        talker.hello()
        desk, _ = talker.ask(type="class", keep=True, fragment="#hide=csv&goal=cost:0.01")
        assert (desk["inside"], desk["most"], desk["addresses"]) == (1, 64, [])
        changed, _ = talker.ask(type="class", keep=True, fragment="#hide=inputs")
        assert changed["short"] == desk["short"]  # the board's link stays
        assert changed["long"].endswith(f"/?token={TOKEN}#hide=inputs")
        path = desk["short"].removeprefix("http://127.0.0.1")
        client.cookies.clear()
        for written in (path, path.upper().replace("/C/", "/c/"), f"{path[:7]}-{path[7:]}"):
            answer = client.get(written, follow_redirects=False)
            assert answer.status_code == 303
            assert answer.headers["location"] == "/#hide=inputs"
            assert "neurona-8000" in answer.headers["set-cookie"]
            client.cookies.clear()
        for wrong in (path[:-1], path + "x", "/c/", "/c/" + "2" * 8):
            assert client.get(wrong, follow_redirects=False).status_code == 403


@pytest.mark.parametrize(
    "fragment", [None, 5, "#a b", "#\r\nset-cookie: x", "//evil.example", "#é"]
)
def test_a_link_leads_nowhere_else(client, fragment):
    client.cookies.set(COOKIE, TOKEN)
    with client.websocket_connect("/socket", headers=ORIGIN) as socket:
        talker = Talker(socket)
        talker.hello()
        desk, _ = talker.ask(type="class", keep=True, fragment=fragment)
        path = desk["short"].removeprefix("http://127.0.0.1")
        assert client.get(path, follow_redirects=False).headers["location"] == "/#"
        too_long, _ = talker.ask(type="class", keep=True, fragment="#" + "a" * 200_000)
        assert too_long["code"] == "class"


def test_a_qr_code_is_read_as_the_short_link():
    cv2 = pytest.importorskip("cv2")
    pytest.importorskip("segno")
    link = "http://192.168.100.200:58080/c/k7f2m9qa"
    rows = np.array([[int(one) for one in row] for row in links.qr_rows(link)], np.uint8)
    picture = np.kron(np.pad(1 - rows, 4, constant_values=1), np.full((8, 8), 255, np.uint8))
    assert cv2.QRCodeDetector().detectAndDecode(picture.astype(np.uint8))[0] == link


@pytest.mark.parametrize(
    ("accepted", "said", "not_said"),
    [
        ("es-ES,es;q=0.9,en;q=0.8", "Este enlace ya no vale", "no longer valid"),
        ("en-GB,en;q=0.9", "This link is no longer valid", "ya no vale"),
        ("de", "This link is no longer valid", "-"),
        ("de", "Este enlace ya no vale", "-"),
    ],
)
def test_a_wrong_token_gets_a_page_in_the_language_of_the_reader(client, accepted, said, not_said):
    for path in ("/?token=another", "/c/22222222"):
        answer = client.get(path, headers={"accept-language": accepted})
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
        assert said in answer.text
        assert f"{not_said}<" not in answer.text
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert "necesita su enlace" in client.get("/", headers={"accept-language": "es"}).text


def test_the_oldest_links_make_room(monkeypatch):
    monkeypatch.setattr(links, "MOST_LINKS", 3)
    kept = links.Links("a token")
    codes = [kept.keep(None, f"#{k}") for k in range(3)]
    assert kept.keep(codes[0], "#again") == codes[0]  # which makes it the newest
    codes.append(kept.keep(None, "#3"))
    assert [kept.target(code) for code in codes] == ["/#again", None, "/#2", "/#3"]

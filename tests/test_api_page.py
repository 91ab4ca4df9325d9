"""The page at `/`: whole, its own, and shut to scripts that are not ours; safe headers on every answer."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from api_support import post_json, serving

from model.classifier import StanceClassifier
from service.api.page import WEB
from service.keys import make_key, write_keys

pytestmark = pytest.mark.anyio
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
NAMESPACE = "http://www.w3.org/2000/svg"
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "html": "text/html"}
FILES = {path.name: path.read_bytes() for path in sorted(WEB.iterdir())}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Elements(HTMLParser):
    """Every element with its attributes, and the text within scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] in ("script", "style") and data.strip():
            self.inline.append(data)

    def links(self) -> set[str]:
        return {value for _, attrs in self.found for name in ("src", "href") if (value := attrs.get(name))}


def index() -> Elements:
    return Elements(FILES["index.html"].decode())


async def test_the_page_is_served_under_a_policy_that_lets_it_run_only_our_files(classifier: StanceClassifier) -> None:
    async with serving(classifier) as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY


def test_the_page_holds_no_inline_script_or_style() -> None:
    assert index().inline == []
    for _, attributes in index().found:
        assert not any(name == "style" or name.startswith("on") for name in attributes)


@pytest.mark.parametrize("name", FILES)
async def test_every_file_is_served_with_its_type_and_revalidated(classifier: StanceClassifier, name: str) -> None:
    async with serving(classifier) as client:
        answer = await client.get(f"/static/{name}")
        again = await client.get(f"/static/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert answer.content == FILES[name]
    assert answer.headers["content-type"].partition(";")[0] == TYPES[name.rpartition(".")[2]]
    assert answer.headers["cache-control"] == "no-cache"
    assert again.status_code == 304


async def test_every_link_leads_somewhere_and_every_file_is_linked(classifier: StanceClassifier) -> None:
    links = {link for link in index().links() if not link.startswith("#")}
    async with serving(classifier) as client:
        for link in links:
            assert (await client.get(f"/{link}")).status_code == 200, link
    linked = {link.removeprefix("static/") for link in links}
    imported = {name for source in FILES.values() for name in re.findall(r'from "\./([\w-]+\.js)"', source.decode())}
    assert FILES.keys() == (linked | imported | {"index.html"}) - {"docs"}


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_host(name: str) -> None:
    text = FILES[name].decode().replace(NAMESPACE, "")
    assert not re.search(r"\w+://|[\"'(=]\s*//\w", text)


@pytest.mark.parametrize("path", ["/static/..%2fapi/app.py", "/static/%2e%2e/api/app.py", "/static/%00", "/static/"])
async def test_nothing_but_the_page_s_files_is_served(classifier: StanceClassifier, path: str) -> None:
    async with serving(classifier) as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_answers_of_every_kind_carry_the_safe_headers(classifier: StanceClassifier) -> None:
    async with serving(classifier, max_body_bytes=50) as client:
        answers = [
            await client.get("/livez"),
            await client.get("/static/app.js"),
            await client.get("/nowhere"),
            await post_json(client, "/v1/classify", {"texts": []}),
            await post_json(client, "/v1/classify", {"texts": ["talk " * 50]}),
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 422, 413]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]


async def test_the_documentation_may_load_its_script_and_style_and_from_no_other_host(
    classifier: StanceClassifier,
) -> None:
    async with serving(classifier) as client:
        answer = await client.get("/docs")
    tags = ("script", "stylesheet")
    sources = [
        attrs.get("src") or attrs["href"]
        for tag, attrs in Elements(answer.text).found
        if (tag in tags and attrs.get("src")) or attrs.get("rel") in tags
    ]
    hosts = {f"https://{urlsplit(source).hostname}" for source in sources}
    policy = answer.headers["content-security-policy"]
    assert len(sources) == 2
    assert hosts == set(re.findall(r"https://[\w.]+", policy))
    assert policy.startswith(POLICY)


async def test_the_page_opens_without_a_key_and_what_it_asks_of_the_service_does_not(
    classifier: StanceClassifier, tmp_path: Path
) -> None:
    write_keys(tmp_path / "keys.json", [make_key("desk", ["classify"]).record])
    async with serving(classifier, keys_file=tmp_path / "keys.json") as client:
        opened = [(await client.get(path)).status_code for path in ("/", "/static/app.js", "/info")]
        refused = await post_json(client, "/v1/classify", {"texts": ["peace"]})
    assert opened == [200, 200, 200]
    assert refused.status_code == 401
    assert refused.headers["x-frame-options"] == "DENY"

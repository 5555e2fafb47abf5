"""GraphiQL, served from here: the page, its two files and its example queries come with this package."""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_STATIC = files("resolvers") / "static"
_TYPES: Mapping[str, str] = {"graphiql.js": "text/javascript; charset=utf-8", "graphiql.css": "text/css; charset=utf-8"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Federated resource registry · GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="BASE/graphiql/graphiql.css?VERSION">
<style>html, body, #graphiql { height: 100%; margin: 0 }</style>
</head>
<body>
<div id="graphiql">Loading GraphiQL …</div>
<noscript>GraphiQL needs JavaScript. The API itself does not: POST a query to this address.</noscript>
<script type="application/json" id="queries">QUERIES</script>
<script src="BASE/graphiql/graphiql.js?VERSION"></script>
</body>
</html>
"""

# The browser itself sees to it that nothing comes from elsewhere. GraphiQL sets styles on elements.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def html(request: Request) -> Response:
    """The page, for the address that it was asked for at."""
    base = request.url.path.rstrip("/")
    text = _PAGE.replace("BASE", base).replace("VERSION", _version()).replace("QUERIES", _queries())
    return HTMLResponse(text, headers={"content-security-policy": _POLICY, "vary": "accept"})


def file(name: str) -> Response | None:
    """One of its files, `None` when there is no such file. They may be kept: their addresses change with them."""
    if name not in _TYPES:
        return None
    return Response(_content(name), media_type=_TYPES[name], headers={"cache-control": "public, max-age=31536000"})


@cache
def examples() -> Mapping[str, str]:
    """The example queries by file name, in their order."""
    found = (_STATIC / "queries").iterdir()
    return {one.name: one.read_text(encoding="utf-8") for one in sorted(found, key=lambda one: one.name)}


@cache
def _queries() -> str:
    tabs = [{"query": text} for text in examples().values()]
    return orjson.dumps(tabs).decode().replace("<", "\\u003c")


@cache
def _content(name: str) -> bytes:
    return (_STATIC / name).read_bytes()


@cache
def _version() -> str:
    return blake2b(b"".join(map(_content, _TYPES)), digest_size=6).hexdigest()

"""GraphiQL, served from here: no file comes from elsewhere."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response


def html(request: Request) -> Response:
    """The page."""
    return HTMLResponse("<p>GraphiQL</p>")


def file(name: str) -> Response:
    """One of its files."""
    return PlainTextResponse("Not found", 404)

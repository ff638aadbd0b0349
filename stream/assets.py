"""The files of the board, as they are served: from memory, compressed, with a mark that tells whether they changed."""

import gzip
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple, Self

from aiohttp import web

#: A page of ours loads nothing from elsewhere, and is in nobody's frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

_KINDS = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
}


class Asset(NamedTuple):
    """A file's kind, bytes, compressed bytes, and mark."""

    kind: str
    body: bytes
    packed: bytes
    mark: str

    @classmethod
    def of(cls, name: str, body: bytes) -> Self:
        """A file by its name and bytes.

        >>> Asset.of("a.css", b"p {}").kind
        'text/css'
        """
        packed = gzip.compress(body, 9, mtime=0)
        return cls(_KINDS[name.rpartition(".")[2]], body, packed, f'"{blake2b(body, digest_size=12).hexdigest()}"')

    def answer(self, request: web.Request) -> web.Response:
        """The file, or that the browser has it already."""
        headers = HEADERS | {"ETag": self.mark, "Vary": "Accept-Encoding"}
        if self.mark in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self.body, content_type=self.kind, charset="utf-8", headers=headers)
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=self.packed, content_type=self.kind, charset="utf-8", headers=headers)


def board() -> dict[str, Asset]:
    """Every file of the board by its name.

    >>> sum(len(asset.packed) for asset in board().values()) < 100_000
    True
    """
    folder = files("stream").joinpath("board")
    return {each.name: Asset.of(each.name, each.read_bytes()) for each in folder.iterdir() if each.is_file()}

"""Short links for a class: each leads to a page as its teacher has prepared it.

A link is the address of a code, ``/c/k7f2m9qa``. The code lets in as the token does, so it is as
random as a short code can be: 8 of 30 letters and digits, 39 bits, none of which looks like
another. A guess takes a request: a thousand a second would need years.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict

from neurona.extras import require

LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
LENGTH = 8
MOST_LINKS = 200
MOST_LETTERS = 120_000  # of what a link leads to: 2,000 points are 80,000
PATH = "/c/"


class Links:
    """The addresses behind the codes, for a server that listens at some of them.

    Parameters
    ----------
    token
        The server's token, for the long links.
    addresses
        Where other machines reach the server, such as ``http://192.168.1.20:8000``.
    here
        Where this machine does.

    Examples
    --------
    >>> links = Links("the-token", ["http://192.168.1.20:8000"])
    >>> code = links.keep(None, "#hide=csv")
    >>> links.target(links.code_in("/c/" + code))
    '/#hide=csv'
    >>> links.keep(code, "#hide=inputs") == code, links.target(code)
    (True, '/#hide=inputs')
    """

    def __init__(
        self,
        token: str,
        addresses: list[str] | tuple[str, ...] = (),
        here: str = "http://127.0.0.1",
    ) -> None:
        self.token = token
        self.addresses = tuple(addresses)
        self.here = here
        self._targets: OrderedDict[str, str] = OrderedDict()

    def keep(self, code: str | None, fragment: str) -> str:
        """Let a code lead to a fragment of the page's address; None makes a new code."""
        if code is None or code not in self._targets:
            code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        self._targets[code] = fragment
        self._targets.move_to_end(code)
        while len(self._targets) > MOST_LINKS:
            self._targets.popitem(last=False)
        return code

    def code_in(self, path: str) -> str | None:
        """Return the code in the path of a request, or None."""
        return path.removeprefix(PATH) if path.startswith(PATH) else None

    def target(self, code: str | None) -> str | None:
        """Return where a code leads, or None; it may be written in capitals, or with a dash."""
        fragment = self._targets.get((code or "").lower().replace("-", ""))
        return None if fragment is None else f"/{fragment}"

    def short(self, base: str, code: str) -> str:
        """Return the short link."""
        return f"{base}{PATH}{code}"

    def long(self, base: str, fragment: str) -> str:
        """Return the link with the token and all that it holds: it outlives this start."""
        return f"{base}/?token={self.token}{fragment}"


def qr_rows(text: str) -> list[str]:
    """Return the QR code of a text: a row of 0 and 1 each, without its quiet border.

    Examples
    --------
    >>> rows = qr_rows("http://192.168.1.20:8000/c/k7f2m9qa")
    >>> len(rows), rows[0][:7]
    (29, '1111111')
    """
    matrix = require("segno", extra="play").make_qr(text).matrix
    return ["".join("1" if bit else "0" for bit in row) for row in matrix]

"""Pages for those who are not let in: what happened, and what to ask for, in their language.

They stand alone: whoever is refused may load nothing else from here.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import NamedTuple

from neurona.language import LANGUAGES, Language, Text


class Refusal(NamedTuple):
    """A status with the title and the words of its page."""

    status: int
    title: Text
    words: Text


STRANGER = Refusal(
    403,
    Text("This playground needs its link", "Este laboratorio necesita su enlace"),
    Text(
        "Only those who have its link or its QR code can open it. Ask your teacher for it. If you "
        "started neurona yourself, open the address that neurona play has printed.",
        "Solo lo abre quien tiene su enlace o su código QR. Pídeselo a tu profesor o profesora. Si "
        "has arrancado neurona tú, abre la dirección que ha escrito neurona play.",
    ),
)
OLD_LINK = Refusal(
    403,
    Text("This link is no longer valid", "Este enlace ya no vale"),
    Text(
        "neurona has been started again since this link was made, or the link was cut on its way. "
        "Ask your teacher for the link of today.",
        "neurona se ha vuelto a arrancar desde que se hizo este enlace, o el enlace ha llegado "
        "cortado. Pide a tu profesor o profesora el enlace de hoy.",
    ),
)
OTHER_HOST = Refusal(
    400,
    Text("This address is not neurona's", "Esta dirección no es de neurona"),
    Text(
        "neurona answers only at the addresses that neurona play has printed. Ask your teacher for "
        "the link, and open it without changes.",
        "neurona solo responde en las direcciones que ha escrito neurona play. Pide el enlace a tu "
        "profesor o profesora y ábrelo sin cambios.",
    ),
)
OTHER_ORIGIN = Refusal(
    403,
    Text("Another site has asked", "Lo ha pedido otro sitio"),
    Text(
        "neurona takes nothing that another site sends. Open its link instead.",
        "neurona no acepta nada que envíe otro sitio. Abre su enlace.",
    ),
)


STYLE = (
    "body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:#1a1d21;background:#fcfcfa}"
    "main{max-width:34rem;margin:12vh auto;padding:0 1.5rem}"
    "section+section{margin-top:3rem}h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem}"
    "p{margin:0;color:#565d66}b{font-size:1.25rem}"
    "@media(prefers-color-scheme:dark){body{color:#e9ebed;background:#141618}p{color:#a5adb6}}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


def page_of(refusal: Refusal, accepted: str) -> str:
    """Return the page for a reader's languages; without a known one it speaks both.

    Parameters
    ----------
    refusal
        What it tells.
    accepted
        The value of the header Accept-Language.
    """
    languages = languages_of(accepted)
    sections = "".join(
        f'<section lang="{one}"><h1>{escape(refusal.title.say(one))}</h1>'
        f"<p>{escape(refusal.words.say(one))}</p></section>"
        for one in languages
    )
    return (
        f'<!doctype html><html lang="{languages[0]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>neurona: {escape(refusal.title.say(languages[0]))}</title>"
        f'<style>{STYLE}</style></head><body><main><p lang="en"><b>neurona</b></p>'
        f"{sections}</main></body></html>"
    )


def languages_of(accepted: str) -> tuple[Language, ...]:
    """Return the reader's language among ours, or all of ours.

    Examples
    --------
    >>> languages_of("es-MX,es;q=0.9,en;q=0.8"), languages_of("fr;q=1, en;q=0.3, es;q=0.5")
    (('es',), ('es',))
    >>> languages_of("fr-FR"), languages_of("")
    (('en', 'es'), ('en', 'es'))
    """
    weighed: list[tuple[float, Language]] = []
    for part in accepted.split(","):
        name, _, quality = part.strip().lower().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        weighed += [(weight, one) for one in LANGUAGES if weight > 0 and name.startswith(one)]
    return (max(weighed, key=lambda one: one[0])[1],) if weighed else LANGUAGES

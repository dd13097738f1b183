"""An accessible HTML page for an e-mail that was written as plain text. Pure."""

import re
from html import escape

RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}
LANGUAGES = {"de-simple": "de"}  # a language that screen readers know
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
PAGE = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
</head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 40rem; margin: 1rem auto; padding: 0 1rem;
 overflow-wrap: anywhere">
<main>
<h1 style="font-size: 1.25rem">{title}</h1>
{paragraphs}
</main>
</body>
</html>
"""


def html_from_text(title: str, text: str, locale: str) -> str:
    """Paragraphs at blank lines, addresses as links whose text is the address; nothing needs an image or a colour."""
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    language = LANGUAGES.get(locale, locale)
    return PAGE.format(
        language=escape(language),
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        title=escape(title),
        paragraphs="\n".join(f"<p>{_inline(block.strip())}</p>" for block in blocks),
    )


def _inline(block: str) -> str:
    parts, at = [], 0
    for link in LINK.finditer(block):
        address = escape(link.group(), quote=True)
        parts += [escape(block[at : link.start()]), f'<a href="{address}">{address}</a>']
        at = link.end()
    parts.append(escape(block[at:]))
    return "".join(parts).replace("\n", "<br>\n")

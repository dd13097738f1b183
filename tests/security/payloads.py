"""Texts that try to be something else: markup, template, formula, header, path, statement, format."""

MARKUP = (
    "<script>window.pwned=1</script>", '"><img src=x onerror=window.pwned=1>', "'><svg/onload=window.pwned=1>",
    "</textarea><script>window.pwned=1</script>", "javascript:window.pwned=1//",
    "<iframe srcdoc='<script>parent.pwned=1'>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;", "</title><script>window.pwned=1</script>",
    '" autofocus onfocus="window.pwned=1', "<style>*{display:none}</style>", "<base href=//evil.example>", "<!--",
    "]]><script>window.pwned=1</script>", "<a href='javascript:window.pwned=1'>x</a>",
)  # fmt: skip
TEMPLATES = (
    "{{7*7}}",
    "{{ config }}",
    "{% for x in () %}",
    "{{''.__class__.__mro__}}",
    "((7*7))",
    "${7*7}",
    "#{7*7}",
    "%(x)s",
    "{x}",
    "{0.__class__}",
)
PAPERS = ('#read("/etc/passwd")', "#panic()", "$x^2$", "*fett* _kursiv_ \\", ']#eval("1")[', "<label>", "@ref")
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "=cmd|' /C calc'!A0",
    "\t=1+1",
    "＝1+1",
    '=HYPERLINK("http://evil.example")',
)
HEADERS = (
    "x\r\nBcc: evil@evil.example",
    "x\nSet-Cookie: a=1",
    "x\r\n\r\n<script>",
    "x%0d%0aBcc:evil@evil.example",
    "x\u2028y",
    "x\u0085y",
)
STATEMENTS = ("' OR '1'='1", "'; DROP TABLE care_case;--", "%", "_", "\\", "%%%%", "1) UNION SELECT", '"', "`")
ODD = (
    "\0",
    "a\0b",
    "\u202eevil",
    "\ufeff",
    "\U0001f600",
    "é",
    "\ufffe",
    "\x1b[31m",
    "..",
    "../../etc/passwd",
    "%00",
    "a" * 5000,
)
EVERY = (*MARKUP, *TEMPLATES, *PAPERS, *FORMULAS, *HEADERS, *STATEMENTS, *ODD)

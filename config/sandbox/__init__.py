"""Stand-ins for the world on one machine: identity provider, phone, mailbox and a clock that can be moved.

Imported by `config.cli` alone. They work by filling the settings before the application is made, so that the product
cannot tell them from real providers. Provider, phone and mail server are one child process (`server.py`), which dies
with its parent; the application gets the pages that show what was sent (`views.py`).
"""

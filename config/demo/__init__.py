"""`obhut demo`: ten days of an outbreak and a service request, played against a throw-away database.

Everything goes the way it goes in earnest: pages and forms over HTTP, logins through the identity provider, messages
through worker, channels and the sandbox's phone and mail server. Only the domain's clock is moved.
"""

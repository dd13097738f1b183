"""Install the servers that the tests need and that are missing; never fails, but says what will be skipped."""

from tests.servers import chromium, openid_provider, postgresql, rabbitmq, redis, schema_suite
from tests.servers.base import Missing

SERVERS = {
    "PostgreSQL": postgresql,
    "Redis": redis,
    "RabbitMQ": rabbitmq,
    "Chromium": chromium,
    "OpenID provider": openid_provider,
    "JSON-Schema-Test-Suite": schema_suite,
}


def main() -> None:
    for name, server in SERVERS.items():
        found = server.installed()
        if found is None:
            print(f"{name}: installing …", flush=True)
            try:
                server.install()
                found = server.installed()
            except Missing as reason:
                print(f"{name}: {reason}; its tests will be skipped")
                continue
        print(f"{name}: {found or 'installed, but not to be found; its tests will be skipped'}", flush=True)


if __name__ == "__main__":
    main()

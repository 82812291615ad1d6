"""`python -m tests.stack ARGS`: runs pytest with ARGS on a PostgreSQL and a Redis of its own."""

import os
import subprocess
import sys

from tests.stack import servers


def main() -> int:
    with servers.postgresql() as database, servers.redis() as (layer, _):
        environment = {**os.environ, "DATABASE_URL": database, "REDIS_URL": layer, "LIVEFEED_DATABASE_POOL": "32"}
        # --reuse-db: the whole cluster is removed afterwards, and dropping the database would wait for its connections.
        return subprocess.call([sys.executable, "-m", "pytest", "--reuse-db", *sys.argv[1:]], env=environment)


if __name__ == "__main__":
    sys.exit(main())

"""Do PostgreSQL and Redis answer: `services.py DATABASE_URL REDIS_URL`; exit code 1 says which does not."""

from __future__ import annotations

import sys
from collections.abc import Callable

import psycopg
import redis


def ask_postgresql(url: str) -> None:
    psycopg.connect(url, connect_timeout=3).close()


def ask_redis(url: str) -> None:
    redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3).ping()


def trouble(name: str, ask: Callable[[str], None], url: str) -> str:
    """What is wrong with the service; "" when it answers."""
    try:
        ask(url)
    except (psycopg.Error, redis.RedisError, ValueError) as error:
        return f"{name} does not answer: {' '.join(str(error).split())}"
    return ""


def main(database_url: str, redis_url: str) -> int:
    asked = (trouble("PostgreSQL", ask_postgresql, database_url), trouble("Redis", ask_redis, redis_url))
    troubles = [line for line in asked if line]
    print("\n".join(troubles), end="\n" if troubles else "", file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))

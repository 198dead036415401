"""Loads what the web server and the lanes need, before they are forked: they then share its memory."""

from __future__ import annotations

import gc
from importlib import import_module

from django.db import connections
from django.urls import get_resolver

MODULES = ("config.tasks", "django_q.cluster", "django_q.models", "gunicorn.app.wsgiapp", "gunicorn.workers.gthread")


def preload() -> None:
    """Everything there is to import, and nothing open."""
    for name in MODULES:
        import_module(name)
    get_resolver().url_patterns  # noqa: B018  # reading it imports every view
    close_all()
    gc.collect()
    gc.freeze()  # what is frozen is not touched by a later collection, so its pages stay shared


def close_all() -> None:
    """Before a fork: a child must not inherit an open connection."""
    connections.close_all()

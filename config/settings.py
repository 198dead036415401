"""Django settings, all from the environment (design §5.2)."""

from __future__ import annotations

import warnings
from os import getpid
from tempfile import gettempdir
from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from .environment import BASE_DIR, credential_keys, env, hosts_of, mail_settings, secret_key, sender_of
from .logs import logging_config

DEBUG: bool = env.bool("DEBUG", True)
SECRET_KEY = secret_key(DEBUG)
CREDENTIAL_KEYS = credential_keys(DEBUG, SECRET_KEY)
PUBLIC_URL: str = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = hosts_of(PUBLIC_URL, DEBUG)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
REDIS_URL: str = env.str("REDIS_URL", "")
WORKERS: int = env.int("WORKERS", 2)
EVENT_RETENTION_DAYS: int = env.int("EVENT_RETENTION_DAYS", 400)
PAYLOAD_RETENTION_DAYS: int = env.int("PAYLOAD_RETENTION_DAYS", 90)
# How many changes of a sort may be made within an hour before the rest waits for a person.
BRAKE_PER_HOUR: dict[str, int] = env.dict(
    "BRAKE_PER_HOUR", cast={"value": int}, default={"create": 5000, "opt_out": 500, "blank": 200, "delete": 50}
)
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")
MAIL = mail_settings()
MAIL_IS_SET = bool(MAIL)
globals().update(MAIL)  # EMAIL_HOST and its like
EMAIL_TIMEOUT = 5  # seconds for each word of the mail server: a notification is sent well within its lease
DEFAULT_FROM_EMAIL = sender_of(PUBLIC_URL)

INSTALLED_APPS = [
    "config",
    "mappings",
    "audit",
    "integrations",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "crispy_forms",
    "django_filters",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework.authtoken",
    "simple_history",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# WAL with IMMEDIATE transactions is what makes many processes on one file work; FULL, because an opt-out must
# survive a power cut.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}


def _database() -> dict[str, Any]:
    database: dict[str, Any] = env.db("DATABASE_URL", f"sqlite:///{BASE_DIR / 'crosswalk.sqlite3'}")
    if database["ENGINE"].endswith("sqlite3"):
        test = {"NAME": f"{gettempdir()}/crosswalk-test-{getpid()}.sqlite3"}
        ours = {"ENGINE": "config.sqlite3", "CONN_MAX_AGE": None, "OPTIONS": SQLITE_OPTIONS}
        return database | ours | {"TEST": test}
    return database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": {"connect_timeout": 5}}


DATABASES = {"default": _database()}


def _with_timeouts(url: str) -> str:
    """A Redis that never answers must not hold a webhook or the sweep; the cluster itself waits a second at a time."""
    return f"{url}{'&' if '?' in url else '?'}socket_connect_timeout=2&socket_timeout=10"


# A lane is a queue and a cluster of its own: an opt-out never waits behind a backfill.
LANES = ("optouts", "events", "bulk")
DRAIN_TASK = "config.tasks.drain"
Q_CLUSTER: dict[str, Any] = {
    "name": "events",
    "workers": WORKERS,
    "save_limit": 0,
    "timeout": 120,  # seconds; more than a round takes whose vendors are slow
    "retry": 180,
    "max_attempts": 1,
    "ack_failures": True,
    "queue_limit": max(2, WORKERS),
    "recycle": 500,
    "catch_up": False,
    "scheduler": True,
    "poll": 0.1,
    "ALT_CLUSTERS": {
        lane: {"workers": 1 if lane != "events" else WORKERS, "timeout": 120, "retry": 180} for lane in LANES
    },
} | ({"redis": _with_timeouts(REDIS_URL)} if REDIS_URL else {"orm": "default"})

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("he", _("Hebrew"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE: str = env.str("TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
warnings.filterwarnings("ignore", "No directory at", UserWarning)  # without collectstatic, the finders serve all
WHITENOISE_AUTOREFRESH = DEBUG
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = logging_config(env.str("LOG_FORMAT", "text"), DEBUG)
LOGGING_CONFIG = "logging.config.dictConfig"

# HTTPS is forced only where the public address is https: an install behind plain http must stay reachable.
IS_HTTPS = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = IS_HTTPS and not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a mapping with hundreds of rows is one form

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.api.permissions.StaffWithModelPermissions"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "config.api.paging.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Crosswalk",
    "DESCRIPTION": "Contacts, tasks, notes, tags and opt-outs in step between four vendors, with proof.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}
CRISPY_ALLOWED_TEMPLATE_PACKS = ["unfold_crispy"]
CRISPY_TEMPLATE_PACK = "unfold_crispy"
WEBHOOK_MAX_BYTES = 1_048_576
WEBHOOK_TOKEN_SECONDS = 1.0  # within which every web process hears that a webhook URL was replaced
HOOK_SECONDS = 1.0  # within which every worker hears of a new hook
WAKE_WORKERS: bool = env.bool(
    "WAKE_WORKERS", True
)  # off where nobody listens: tests, and installs that use `work` only

UNFOLD = {
    "SITE_TITLE": "Crosswalk",
    "SITE_HEADER": "Crosswalk",
    "SITE_SYMBOL": "sync_alt",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/crosswalk/favicon.svg"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "audit.dashboard.fill_dashboard",
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": _("Watch"),
                "items": [
                    {"title": _("Dashboard"), "icon": "dashboard", "link": reverse_lazy("admin:index")},
                    {
                        "title": _("Audit log"),
                        "icon": "receipt_long",
                        "link": reverse_lazy("admin:audit_change_changelist"),
                    },
                    {
                        "title": _("Opt-outs"),
                        "icon": "do_not_disturb_on",
                        "link": reverse_lazy("admin:audit_optout_changelist"),
                    },
                    {
                        "title": _("Events"),
                        "icon": "inbox",
                        "link": reverse_lazy("admin:integrations_event_changelist"),
                    },
                    {
                        "title": _("People"),
                        "icon": "group",
                        "link": reverse_lazy("admin:integrations_person_changelist"),
                    },
                    {
                        "title": _("Conflicts"),
                        "icon": "compare_arrows",
                        "link": reverse_lazy("admin:integrations_identityconflict_changelist"),
                    },
                    {"title": _("Runs"), "icon": "repeat", "link": reverse_lazy("admin:mappings_run_changelist")},
                    {
                        "title": _("Notifications"),
                        "icon": "notifications",
                        "link": reverse_lazy("admin:audit_notification_changelist"),
                    },
                ],
            },
            {
                "title": _("Set up"),
                "items": [
                    {
                        "title": _("Connections"),
                        "icon": "cable",
                        "link": reverse_lazy("admin:integrations_connection_changelist"),
                    },
                    {
                        "title": _("Mappings"),
                        "icon": "alt_route",
                        "link": reverse_lazy("admin:mappings_mapping_changelist"),
                    },
                    {
                        "title": _("Templates"),
                        "icon": "auto_awesome_motion",
                        "link": reverse_lazy("admin:mappings_gallery"),
                    },
                    {
                        "title": _("Rules"),
                        "icon": "rule",
                        "link": reverse_lazy("admin:mappings_rule_changelist"),
                        "active": lambda request: (
                            "/mappings/rule/" in request.path and "/templates/" not in request.path
                        ),
                    },
                    {"title": _("Hooks"), "icon": "webhook", "link": reverse_lazy("admin:audit_hook_changelist")},
                    {
                        "title": _("Channels"),
                        "icon": "campaign",
                        "link": reverse_lazy("admin:audit_notificationchannel_changelist"),
                    },
                ],
            },
            {
                "title": _("Access"),
                "items": [
                    {"title": _("Users"), "icon": "person", "link": reverse_lazy("admin:auth_user_changelist")},
                    {"title": _("Groups"), "icon": "badge", "link": reverse_lazy("admin:auth_group_changelist")},
                    {
                        "title": _("API tokens"),
                        "icon": "key",
                        "link": reverse_lazy("admin:authtoken_tokenproxy_changelist"),
                    },
                    {"title": _("API"), "icon": "api", "link": "/api/docs/"},
                ],
            },
        ],
    },
}

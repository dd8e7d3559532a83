"""Django settings, all from `JIM_*`, `DATABASE_URL` and `REDIS_URL`.

Reading this module starts nothing and connects to nothing. `jim serve` and the pytest plugin export the URLs of
the servers that they start; `manage.py` and `jim worker` take them from the running instance's file.
"""

from typing import Any

from django.urls import reverse_lazy

from jim import env, folders
from jim.logs import logging_configuration
from jim.servers.programs import HOUSEKEEPING_QUEUE, RUNS_QUEUE

# --- Where things are -------------------------------------------------------------------------------------------

BASE_DIR = folders.BASE_DIR
JIM_DATA_DIR = folders.data_folder()
JIM_CONNECTOR_FILES = folders.connector_files(JIM_DATA_DIR)

# --- Environment and secrets ------------------------------------------------------------------------------------

PRODUCTION = env.is_production()
DEBUG = env.boolean("JIM_DEBUG", default=False)

# What `jim serve` generated once; never looked at in production, where a missing secret is an error.
_KEPT_SECRETS = None if PRODUCTION else JIM_DATA_DIR / "secrets"


def _secret(name: str, *, required: bool = PRODUCTION) -> str:
    return env.secret(name, kept_in=_KEPT_SECRETS, required=required)


# The fallback is for commands that sign nothing (check, makemigrations); jim.checks warns about it.
JIM_INSECURE_SECRET_KEY = "insecure: set JIM_SECRET_KEY or start with `jim serve`"
SECRET_KEY = _secret("JIM_SECRET_KEY") or JIM_INSECURE_SECRET_KEY
# Fernet keys, newest first: the first encrypts, all of them decrypt.
JIM_ENCRYPTION_KEYS = tuple(key.strip() for key in _secret("JIM_ENCRYPTION_KEYS").split(",") if key.strip())
JIM_INFRASTRUCTURE_API_KEY = _secret("JIM_INFRASTRUCTURE_API_KEY", required=False)
JIM_ADMIN_PASSWORD = _secret("JIM_ADMIN_PASSWORD", required=False)

# --- Network ----------------------------------------------------------------------------------------------------

ALLOWED_HOSTS = list(env.words("JIM_ALLOWED_HOSTS", ("*",)))
CSRF_TRUSTED_ORIGINS = list(env.words("JIM_CSRF_TRUSTED_ORIGINS"))
# Addresses or networks whose X-Forwarded-* headers are believed.
JIM_TRUSTED_PROXIES = env.words("JIM_TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if JIM_TRUSTED_PROXIES else None
JIM_SECURE_COOKIES = env.boolean("JIM_SECURE_COOKIES", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = JIM_SECURE_COOKIES
SECURE_CONTENT_TYPE_NOSNIFF = True
# Sent over https only: browsers then do without http for so long.
SECURE_HSTS_SECONDS = env.seconds("JIM_HSTS_SECONDS", 365 * 24 * 3600 if PRODUCTION else 0)
# The longest body that the API reads. Attribute orders and certificates are far shorter.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("JIM_MAX_BODY_BYTES", 2 * 2**20, minimum=1024)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Applications -----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates it replaces
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "jim",
    "jim.accounts",
    "activities",
    "synchronisation",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "jim.api.middleware.ApiHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "jim.urls"
WSGI_APPLICATION = "jim.wsgi.application"
APPEND_SLASH = False  # the contract's paths end without one, and a redirect would lose a POST's body

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
                "synchronisation.sign_in.context.sign_in",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------------

# A name that never resolves (RFC 2606): without DATABASE_URL the first query fails, and its message says why.
UNSET_DATABASE_URL = "postgresql://database-url-is-not-set.invalid/jim"

DATABASES = {
    "default": {
        **env.database("DATABASE_URL", UNSET_DATABASE_URL),
        "CONN_MAX_AGE": env.seconds("JIM_DATABASE_CONNECTION_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # PgBouncer in transaction mode cannot keep one open
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"  # the contract's integer ids have 32 bits

# --- Cache and broker -------------------------------------------------------------------------------------------

REDIS_URL = env.redis_url("REDIS_URL", "redis://redis-url-is-not-set.invalid/0")
# A broker or cache that does not answer must not hold a request or a heartbeat.
REDIS_TIMEOUT_SECONDS = 2

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "jim",
        "OPTIONS": {
            "socket_timeout": REDIS_TIMEOUT_SECONDS,
            "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
        },
    },
}

# --- Celery -----------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": REDIS_TIMEOUT_SECONDS,
    "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
}
CELERY_BROKER_CONNECTION_TIMEOUT = REDIS_TIMEOUT_SECONDS
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# The message is only a wake-up and the sweep recovers lost ones: late acknowledgement would hand a task that
# kills its worker to the next worker, for ever.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_IGNORE_RESULT = True
# `execute` answers 503 when the broker is away: one more try, not Celery's default of half a minute.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = HOUSEKEEPING_QUEUE
CELERY_TASK_ROUTES = {"synchronisation.tasks.run": {"queue": RUNS_QUEUE}}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
JIM_SWEEP_SECONDS = env.integer("JIM_SWEEP_SECONDS", 10, minimum=1)
JIM_HEARTBEAT_SECONDS = env.integer("JIM_HEARTBEAT_SECONDS", 10, minimum=1)
# Three beats: one lost to a busy moment, or to a short restart of the database, is no death.
JIM_LEASE_SECONDS = env.integer("JIM_LEASE_SECONDS", 3 * JIM_HEARTBEAT_SECONDS, minimum=2 * JIM_HEARTBEAT_SECONDS)
JIM_HOUSEKEEPING_SECONDS = env.integer("JIM_HOUSEKEEPING_SECONDS", 60, minimum=1)
JIM_HISTORY_RETENTION = env.seconds("JIM_HISTORY_RETENTION", 90 * 86_400)
JIM_HISTORY_DETAIL_RETENTION = env.seconds("JIM_HISTORY_DETAIL_RETENTION", 30 * 86_400)
JIM_HISTORY_CLEANUP_SECONDS = env.integer("JIM_HISTORY_CLEANUP_SECONDS", 6 * 3_600, minimum=60)
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {
        "task": "synchronisation.tasks.sweep",
        "schedule": JIM_SWEEP_SECONDS,
        # After an outage one sweep does what the missed ones would have done.
        "options": {"expires": JIM_SWEEP_SECONDS},
    },
    "dispatch": {
        "task": "synchronisation.tasks.dispatch",
        "schedule": JIM_SWEEP_SECONDS,
        "options": {"expires": JIM_SWEEP_SECONDS},
    },
    "schedules": {
        "task": "synchronisation.tasks.schedules",
        "schedule": JIM_SWEEP_SECONDS,
        "options": {"expires": JIM_SWEEP_SECONDS},
    },
    "housekeeping": {
        "task": "synchronisation.tasks.housekeeping",
        "schedule": JIM_HOUSEKEEPING_SECONDS,
        "options": {"expires": JIM_HOUSEKEEPING_SECONDS},
    },
    "history": {
        "task": "synchronisation.tasks.history",
        "schedule": JIM_HISTORY_CLEANUP_SECONDS,
        "options": {"expires": JIM_HISTORY_CLEANUP_SECONDS},
    },
}

# --- REST API ---------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "jim.api.schema.ContractSchema",
    "DEFAULT_RENDERER_CLASSES": ["jim.api.encoding.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["jim.api.encoding.JsonParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "jim.api.sorting.SortBackend",
    ],
    "DEFAULT_PAGINATION_CLASS": "jim.api.pagination.Pagination",
    # In this order: of a request with both, the key counts.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "jim.accounts.authentication.ApiKeyAuthentication",
        "synchronisation.sign_in.bearer.BearerAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["jim.api.permissions.IsAdministrator"],
    "DEFAULT_THROTTLE_CLASSES": ["jim.api.throttling.RateThrottle"],
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "jim.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `format` is a query parameter like any other that an endpoint does not know
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["jim.api.encoding.JsonRenderer"],
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "JIM REST API",
    "DESCRIPTION": "Identity synchronisation: connected systems, rules, runs and what they did.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Names of the contract for enums that several fields share.
    "ENUM_NAME_OVERRIDES": {
        "ActivityStatus": "activities.models.ActivityStatus",
        "ActivityTargetType": "activities.models.TargetType",
        "ActivityOperationType": "activities.models.OperationType",
        "RunType": "activities.models.RunType",
        "InitiatorType": "activities.models.InitiatorType",
        "ObjectChangeType": "activities.models.ObjectChangeType",
        "ExecutionItemErrorType": "activities.models.ErrorType",
        "ErrorCode": "jim.api.errors.ErrorCode",
        "AttributeDataType": "synchronisation.models.AttributeType",
        "AttributePlurality": "synchronisation.models.Plurality",
        "AttributeWritability": "synchronisation.models.Writability",
        "ConnectedSystemStatus": "synchronisation.models.SystemStatus",
        "ConnectedSystemObjectStatus": "synchronisation.models.CsoStatus",
        "ConnectedSystemObjectJoinType": "synchronisation.models.JoinType",
        "ConnectorSettingType": "synchronisation.models.SettingType",
        "MatchingMode": "synchronisation.models.MatchingMode",
        "MetaverseObjectStatus": "synchronisation.models.MetaverseObjectStatus",
        "MetaverseObjectOrigin": "synchronisation.models.MetaverseObjectOrigin",
        "DeletionRule": "synchronisation.models.DeletionRule",
        "PendingExportChangeType": "synchronisation.models.PendingExportChangeType",
        "PendingExportStatus": "synchronisation.models.PendingExportStatus",
        "SyncRuleDirection": "synchronisation.models.Direction",
        "ScopingGroupType": "synchronisation.models.ScopingGroupType",
        "ComparisonType": "synchronisation.models.ComparisonType",
        "CertificateSourceType": "synchronisation.models.CertificateSource",
        "ScheduleTriggerType": "synchronisation.models.TriggerType",
        "SchedulePatternType": "synchronisation.models.PatternType",
        "ScheduleIntervalUnit": "synchronisation.models.IntervalUnit",
        "ScheduleStepType": "synchronisation.models.StepType",
        "ScheduleStepExecutionMode": "synchronisation.models.StepMode",
        "ScheduleExecutionStatus": "synchronisation.models.ExecutionStatus",
        "ScheduleExecutionStepStatus": "synchronisation.models.StepStatus",
        "ScheduleInitiatorType": "synchronisation.models.ScheduleInitiatorType",
        "ServiceSettingCategory": "synchronisation.service_settings.Category",
        "ServiceSettingValueType": "synchronisation.service_settings.ValueType",
    },
    "PATH_CONVERTER_OVERRIDES": {
        "guid": {"type": "string", "format": "uuid"},
        "int32": {"type": "integer", "format": "int32"},
        "text": {"type": "string"},
    },
}

# --- OpenID Connect: off until JIM_OIDC_AUTHORITY is set ---------------------------------------------------------

# Bearer tokens are taken when the audience is set, people sign in to the admin when the client id is.
JIM_OIDC_AUTHORITY = env.web_url("JIM_OIDC_AUTHORITY")
JIM_OIDC_AUDIENCE = env.text("JIM_OIDC_AUDIENCE")
JIM_OIDC_CLIENT_ID = env.text("JIM_OIDC_CLIENT_ID")
JIM_OIDC_CLIENT_SECRET = _secret("JIM_OIDC_CLIENT_SECRET", required=False)
JIM_OIDC_SCOPES = env.words("JIM_OIDC_SCOPES", ("openid", "profile"))
# What clients elsewhere are told, when they reach the provider by another name or have an id of their own.
JIM_OIDC_PUBLIC_AUTHORITY = env.web_url("JIM_OIDC_PUBLIC_AUTHORITY")
JIM_OIDC_PUBLIC_CLIENT_ID = env.text("JIM_OIDC_PUBLIC_CLIENT_ID")
# Whose token it is: the metaverse object whose attribute has the value of the claim.
JIM_OIDC_CLAIM = env.text("JIM_OIDC_CLAIM", "sub")
JIM_OIDC_ATTRIBUTE = env.text("JIM_OIDC_ATTRIBUTE", "Object GUID")

# --- Sign-in ----------------------------------------------------------------------------------------------------

LOGIN_URL = reverse_lazy("admin:login")
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "synchronisation.sign_in.accounts.PersonBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Admin ------------------------------------------------------------------------------------------------------

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "JIM",
    "SITE_HEADER": "synchronisation.service_settings.instance_name",  # the service setting Instance.Name
    "SITE_SUBHEADER": "Identity synchronisation",
    "SITE_SYMBOL": "sync",
}

# --- Language, time and static files ----------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # served from the packages themselves, so that no deployment step is forgotten

# --- Logs -------------------------------------------------------------------------------------------------------

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_configuration(
    level=env.choice("JIM_LOG_LEVEL", "info", ("debug", "info", "warning", "error")).upper(),
    style=env.choice("JIM_LOG_FORMAT", "json", ("json", "console")),
)

"""The site's settings; the portal's stand in the environment, too."""

import os
from pathlib import Path

SECRET_KEY, ALLOWED_HOSTS = Path(os.environ["CLINIC_KEY_FILE"]).read_text(), os.environ["CLINIC_HOSTS"].split(",")
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["CLINIC_DATABASE"]}}
OF_DJANGO = ("auth", "contenttypes", "sessions", "staticfiles")
INSTALLED_APPS = ["clinic_django", *(f"django.contrib.{name}" for name in OF_DJANGO)]
AROUND = ("sessions.middleware.SessionMiddleware", "auth.middleware.AuthenticationMiddleware")
MIDDLEWARE = [f"django.contrib.{name}" for name in AROUND]
ROOT_URLCONF = "clinic_django.pages"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_URL, LOGIN_URL, LOGIN_REDIRECT_URL = "/static/", "/staff/log-in", "/staff/day"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # where a proxy of yours ends TLS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
TIME_ZONE = os.environ["PATIENTPORTAL_ZONE"]

"""The reference portal: pages for patients, and a desk for the practice, as one ASGI application."""

try:
    import jinja2  # noqa: F401 - what all of this stands on
    import nhsuk_frontend_jinja  # noqa: F401
    import python_multipart  # noqa: F401
    import starlette  # noqa: F401
except ImportError:
    raise ImportError("patientportal.web needs more: pip install 'patientportal[web]'") from None

from patientportal.web.app import create_app

__all__ = ["create_app"]

"""What a host gives a portal, looked at before anything is built on it."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from patientportal.application.environment import LINK_PATHS, LinkForm
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.errors import ConfigurationError
from patientportal.domain.policy import Policy
from patientportal.domain.values.tokens import SECRET
from patientportal.ports.observer import Observer
from patientportal.ports.payments import PaymentProcessor

SECRET_KEY_BYTES_MIN = 32
BASE_URL_MAX = 1_000
LINK_PATH_MAX = 200
PORT_MAX = 65_535
_USUAL_PORTS = {"https": ":443", "http": ":80"}
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_BASE_URL = re.compile(
    r"""(?P<scheme>https?)://
        (?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])
        (?::(?P<port>[0-9]{1,5}))?
        (?P<path>(?:/[a-z0-9._~!$&'()*+,;=:%-]*)*)""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_PATH = re.compile(r"[0-9A-Za-z_~-][0-9A-Za-z._~-]*(?:/[0-9A-Za-z_~-][0-9A-Za-z._~-]*)*", re.ASCII)  # no . or ..


def checked_policy(policy: object) -> Policy:
    """The practice's limits."""
    if not isinstance(policy, Policy):
        raise ConfigurationError(setting="policy", reason="must be a Policy")
    return policy


def checked_payments(processor: PaymentProcessor | None) -> PaymentProcessor | None:
    """Who charges: it must say after how long it has answered."""
    timeout = None if processor is None else getattr(processor, "timeout", None)
    if processor is not None and not (isinstance(timeout, timedelta) and timeout > timedelta(0)):
        raise ConfigurationError(setting="payments", reason="its timeout must be a timedelta longer than zero")
    return processor


def checked_key(key: object) -> bytes:
    """The key under which names and tokens are kept."""
    if not isinstance(key, bytes) or len(key) < SECRET_KEY_BYTES_MIN:
        raise ConfigurationError(setting="secret_key", reason=f"must be at least {SECRET_KEY_BYTES_MIN} bytes")
    return key


def checked_link_form(form: object) -> LinkForm:
    """Where a link's secret stands."""
    if not isinstance(form, LinkForm):
        raise ConfigurationError(setting="link_form", reason="must be a LinkForm")
    return form


def checked_link_paths(paths: object) -> Mapping[Purpose, str]:
    """Which page each kind of link leads to: the usual one, unless the host says another; no two lead to one."""
    if not isinstance(paths, Mapping):
        raise ConfigurationError(setting="link_paths", reason="must be a mapping")
    if not all(isinstance(purpose, Purpose) for purpose in paths):
        raise ConfigurationError(setting="link_paths", reason="must be of Purpose")
    if not all(
        isinstance(path, str) and len(path) <= LINK_PATH_MAX and _PATH.fullmatch(path) for path in paths.values()
    ):
        raise ConfigurationError(setting="link_paths", reason="must be paths such as account/activate")
    merged = {**LINK_PATHS, **paths}
    if len(set(merged.values())) < len(merged):
        raise ConfigurationError(setting="link_paths", reason="must lead to a page each")
    return MappingProxyType(merged)


def checked_observer(observe: Observer | None) -> Observer | None:
    """Who is told of every call."""
    if observe is not None and not callable(observe):
        raise ConfigurationError(setting="observe", reason="must be a function")
    return observe


def checked_base_url(url: object) -> str:
    """The beginning of every link, made of the parts that were looked at: nothing else that was given is mailed."""
    if not isinstance(url, str):
        raise ConfigurationError(setting="link_base_url", reason="must be text")
    parts = _BASE_URL.fullmatch(url) if len(url) <= BASE_URL_MAX else None
    if parts is None or not _is_safe(parts["scheme"].lower(), parts["host"].lower(), parts["port"]):
        raise ConfigurationError(
            setting="link_base_url", reason="must be an https address (http for localhost) without query or fragment"
        )
    port = "" if parts["port"] is None else f":{int(parts['port'])}"
    return f"{parts['scheme'].lower()}://{parts['host'].lower()}{port}{parts['path'].rstrip('/')}"


def origin_of(base_url: str) -> str:
    """The origin of a beginning of links (RFC 6454, 6.2): without its path, nor a port that goes without saying."""
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].removesuffix(_USUAL_PORTS[scheme])}"


def _is_safe(scheme: str, host: str, port: str | None) -> bool:
    is_port = port is None or 1 <= int(port) <= PORT_MAX
    return is_port and (scheme == "https" or host in _LOCAL_HOSTS)


def checked_new_secret(new_secret: Callable[[], str]) -> Callable[[], str]:
    """What makes secrets, once two in a row can be links' secrets and differ."""
    made: tuple[object, object] = new_secret(), new_secret()
    if any(not isinstance(one, str) or not SECRET.fullmatch(one) for one in made):
        raise ConfigurationError(setting="new_secret", reason="must give 43 to 64 characters of base64url")
    if made[0] == made[1]:
        raise ConfigurationError(setting="new_secret", reason="gives the same secret twice")
    return new_secret

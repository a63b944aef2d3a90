"""How often one address may ask for what is dear: a bucket of tokens that fills up again."""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable

from attrs import define, field

ADDRESSES_MAX = 10_000
_NETWORK_OF_ONE_HOME = 64  # bits of IPv6 (RFC 6177)


@define
class Rates:
    """A bucket an address; each process has its own, so that n processes let n times as many pass.

    Attributes:
        burst: how many may pass at once.
        seconds_each: after how many seconds one more may.
        clock: seconds that never go back.
    """

    burst: int
    seconds_each: float
    clock: Callable[[], float]
    _buckets: OrderedDict[str, tuple[float, float]] = field(factory=OrderedDict, init=False, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def wait_seconds(self, address: str) -> float:
        """For how long this address must wait; 0: it may pass, which is counted.

        Args:
            address: whose; of an IPv6 address its network counts.
        """
        key, now = _counted_as(address), self.clock()
        with self._lock:
            tokens, since = self._buckets.pop(key, (float(self.burst), now))
            tokens = min(float(self.burst), tokens + (now - since) / self.seconds_each)
            passes = tokens >= 1
            self._buckets[key] = (tokens - passes, now)
            if len(self._buckets) > ADDRESSES_MAX:
                self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - tokens) * self.seconds_each


def _counted_as(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network((found, _NETWORK_OF_ONE_HOME), strict=False))

"""Why a request came to nothing, in words that name the host and no address, header or secret."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple

import requests.exceptions
import urllib3.exceptions

from depfrag.fetch.connections import RefusedError
from depfrag.fetch.limits import CutError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depfrag.fetch.limits import Limits

ERRORS = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    ValueError,  # addresses and headers that the libraries cannot take
    CutError,
    TooLargeError,
    RefusedError,
)
"""What an exchange over the network can end in."""


class Trouble(NamedTuple):
    """What went wrong."""

    why: str
    again: bool = False
    """Another attempt may help."""
    reached: bool = True
    """The service itself said or sent something."""
    hopeless: bool = False
    """Every other request to the host would end the same way."""


_BROKEN = Trouble("the connection to {host} broke", again=True)
_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], Trouble], ...] = (
    ((RefusedError,), Trouble("{host} redirects to a private address: refused")),
    ((TooLargeError,), Trouble("the answer of {host} is larger than it may be")),
    ((CutError,), Trouble("{error} ({host})", again=True)),
    (
        (socket.gaierror, urllib3.exceptions.NameResolutionError),
        Trouble("the name {host} is not known", again=True, reached=False),
    ),
    (
        (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError),
        Trouble("the proxy does not lead to {host}", again=True, reached=False),
    ),
    ((urllib3.exceptions.NewConnectionError,), Trouble("no connection to {host}", again=True, reached=False)),
    (
        (urllib3.exceptions.ConnectTimeoutError,),
        Trouble("no connection to {host} in {limits.connect:g} s", again=True, reached=False),
    ),
    (
        (urllib3.exceptions.ReadTimeoutError, TimeoutError),
        Trouble("{host} sent nothing for {limits.read:g} s", again=True),
    ),
    (
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.InvalidHeader,
            urllib3.exceptions.LocationValueError,
            UnicodeError,
        ),
        Trouble("{host} cannot be asked in this way"),
    ),
)
"""What errors mean; the first that fits counts."""


def of_error(error: Exception, host: str, limits: Limits) -> Trouble:
    """What an error says of a request to `host`."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"the certificate of {host} is not accepted ({cause.verify_message.rstrip('.')})"
            return Trouble(f"{why}; SSL_CERT_FILE names others to trust", reached=False, hopeless=True)
    found = (t for kinds, t in _MEANINGS if any(isinstance(cause, kinds) for cause in causes))
    trouble = next(found, _BROKEN)
    return trouble._replace(why=trouble.why.format(host=host, limits=limits, error=error))


def of_status(status: int, host: str, after: float | None, *, known: bool) -> Trouble:
    """What a status that is no answer says; `known` where credentials were sent along."""
    if status in (401, 403):
        which = "the configured credentials" if known else "no credentials"
        return Trouble(f"{host} refuses access with {which} ({status})")
    if status == 407:
        return Trouble("the proxy asks for credentials (407)", reached=False, hopeless=True)
    why = f"{host} was asked too often (429)" if status == 429 else f"{host} answered {status}"
    if after:
        why += f" and asks to wait {after:.0f} s"
    return Trouble(why, again=status in (408, 425, 429) or status >= 500)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what is behind it: libraries wrap errors by cause, context, arguments and fields."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        here = waiting.pop()
        if isinstance(here, BaseException) and id(here) not in seen:
            seen.add(id(here))
            yield here
            waiting.extend((here.__cause__, here.__context__, getattr(here, "reason", None)))
            waiting.extend(argument for argument in here.args if isinstance(argument, BaseException))

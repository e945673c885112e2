"""The machine's way to the network: proxies and the certificates to trust."""

from __future__ import annotations

import os.path
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # there, but not in typeshed

if TYPE_CHECKING:
    from collections.abc import Mapping

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT")
"""Variables that name a file of certificates to trust; the first that is set counts."""


class Surroundings:
    """Proxies and certificates as the environment and the user's npm configuration (`npm`) name them.

    A project's own npm configuration has no say: whoever wrote it could read what is sent to any registry.
    """

    def __init__(self, environment: Mapping[str, str], npm: Mapping[str, str]) -> None:
        lower = {name.lower(): value for name, value in environment.items() if value}
        if "REQUEST_METHOD" in environment:  # a CGI script's HTTP_PROXY is what its caller sends as header Proxy
            lower.pop("http_proxy", None)
        lower.update((name, value) for name, value in environment.items() if name.islower() and value)
        everything = lower.get("all_proxy")
        npm_proxy = npm.get("proxy")
        self._proxies = {
            "https": lower.get("https_proxy") or everything or npm.get("https-proxy") or npm_proxy,
            "http": lower.get("http_proxy") or everything or npm_proxy,
        }
        self._direct = {"no": lower.get("no_proxy") or npm.get("noproxy") or ""}
        self._certificates = [(name, environment[name]) for name in CERTIFICATES if environment.get(name)]
        if npm.get("cafile"):
            self._certificates.append(("npm's cafile", npm["cafile"]))

    def proxies(self, url: str) -> dict[str, str]:
        """The proxy for an address, as requests takes it."""
        parts = urlsplit(url)
        proxy = self._proxies.get(parts.scheme)
        if not proxy or proxy_bypass_environment(parts.netloc, self._direct):
            return {}
        return {parts.scheme: proxy if "://" in proxy else f"http://{proxy}"}

    def context(self) -> ssl.SSLContext:
        """What connections trust: the certificates named, else those that come with requests.

        Raises OSError, with the place of the setting in its message, where the file named cannot be used.
        """
        from requests.utils import DEFAULT_CA_BUNDLE_PATH
        from urllib3.util.ssl_ import create_urllib3_context

        name, file = self._certificates[0] if self._certificates else ("requests", DEFAULT_CA_BUNDLE_PATH)
        context = create_urllib3_context()
        try:
            if os.path.isdir(file):
                context.load_verify_locations(capath=file)
            else:
                context.load_verify_locations(cafile=file)
        except OSError as error:
            reason = "holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror or "cannot be read"
            raise OSError(f"the certificates that {name} names ({file}) cannot be used: {reason}") from None
        return context

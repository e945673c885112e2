"""What to send along to which host: tokens and passwords from the configuration, netrc and keyring, and nowhere else.

They go to the host, and for npm the path, that they are configured for; encrypted, unless the configuration itself
names an address that is not; and into no message, cache or report.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from depfrag.fetch.addresses import host
from depfrag.identity import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LAST = re.compile(r"([^/]+|/)\Z")
_UNFIT = re.compile(r"[\x00-\x1f\x7f]")
_KEYRING_SECONDS = 15
_SHORT = 3
_LONG = 8
"""Characters from which on a secret is taken for one wherever it stands, and not for a word."""


class Login(NamedTuple):
    """A name and a password, or a token alone."""

    user: str | None
    """None: `secret` is a token."""
    secret: str | None
    """None: a keyring may know it."""
    service: str = ""
    """What a keyring calls it: the index's address."""


def token(text: str) -> Login:
    """A token, as npm's ``_authToken`` has it."""
    return Login(None, text.strip())


def pair(encoded: str) -> Login | None:
    """``user:password`` in base64, as npm's ``_auth`` has it; None where it is something else."""
    user, colon, secret = (decoded(encoded) or "").partition(":")
    return Login(user, secret) if colon else None


def decoded(encoded: str) -> str | None:
    """What `encoded` is in base64; None where it is not that."""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


class Credentials:
    """Learned from each configuration that is read in a run; asked by all threads."""

    def __init__(self, environment: Mapping[str, str], notify: Callable[[str], None]) -> None:
        self._environment, self._notify = environment, notify
        self._known: dict[str, Login] = {}
        self._plain: set[str] = set()
        self._netrc: Mapping[str, Login] | None = None
        self._keyring: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def learn(self, place: str, login: Login) -> None:
        """Takes note of a login for a place such as ``//registry.npm.example/team/``; the first one counts."""
        if login.secret is not None and _UNFIT.search(login.secret + (login.user or "")):
            self._notify(f"the credentials for {place} hold a line break or the like: not used")
            return
        name, slash, path = place.removeprefix("//").partition("/")
        self._known.setdefault(f"//{name.lower()}{slash}{path}", login)

    def registry(self, url: str) -> str:
        """The address of a configured npm registry without credentials; any in it are learned. Raises ValueError."""
        place = self._place(url, configured=True)
        login = _in(url)
        if login is not None:
            self.learn(place, login)
        return _clean(url)

    def index(self, url: str, login: Login | None, *, configured: bool) -> str:
        """As `registry`, of a Python index: its credentials count for the whole host, and netrc may have some.

        `login` is what the configuration says of it elsewhere; a lockfile may name an index that is not configured.
        """
        place = self._place(url, configured=configured)
        login = _in(url) or login
        if login is None or login.secret is None:
            login = self._from_netrc(urlsplit(url).hostname or "", login)
        if login is not None:
            login = login._replace(service=without_credentials(url))
            self.learn(place.rstrip("/").rpartition("/")[0] + "/", login)
            self.learn(f"//{host(url)}/", login)
        return _clean(url)

    def header(self, url: str) -> str | None:
        """The value of the header Authorization for a request; None where none is to be sent."""
        login = self._for(url)
        if login is None:
            return None
        if login.user is None:
            return f"Bearer {login.secret}"
        secret = login.secret if login.secret is not None else self._from_keyring(login.user, login.service)
        return "Basic " + _basic(login.user, secret)

    def identity(self, url: str) -> str:
        """Tells apart who asks, without telling who it is; empty for nobody in particular."""
        login = self._for(url)
        if login is None:
            return ""
        who = f"user {login.user}" if login.user else f"token {login.secret}"
        return hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def redacted(self, text: str) -> str:
        """`text` without any secret that a service may have sent back."""
        for login in tuple(self._known.values()):
            secret = login.secret or self._keyring.get((login.service, login.user or "")) or ""
            for piece in (_basic(login.user or "", secret), secret or login.user or ""):
                text = text.replace(piece, "***") if len(piece) > _SHORT else text
        return text

    def repeated(self, *data: bytes | str | None) -> bool:
        """Whether a service has sent back, in any of `data`, a secret that could be kept with it."""
        pieces = [piece.encode() if isinstance(piece, str) else piece or b"" for piece in data]
        for login in tuple(self._known.values()):
            secret = login.secret or self._keyring.get((login.service, login.user or "")) or ""
            if len(secret) >= _LONG:
                forms = [text.encode("utf-8", "surrogatepass") for text in (secret, _basic(login.user or "", secret))]
                if any(form in piece for form in forms for piece in pieces):
                    return True
        return False

    def _place(self, url: str, *, configured: bool) -> str:
        """The place of an address; where a configured one is not encrypted, its credentials need not be either."""
        name = host(url)
        if configured and urlsplit(url).scheme == "http":
            self._plain.add(name)
        return f"//{name}{urlsplit(url).path.rstrip('/')}/"

    def _for(self, url: str) -> Login | None:
        """The login of the longest place that `url` lies in, found as npm finds it."""
        if not self._known:
            return None
        try:
            name = host(url)
        except ValueError:
            return None
        if urlsplit(url).scheme == "http" and name not in self._plain:
            return None
        place = f"//{name}{urlsplit(url).path}"
        while len(place) > len("//"):
            if place in self._known:
                return self._known[place]
            place = _LAST.sub("", place)
        return None

    def _from_netrc(self, name: str, login: Login | None) -> Login | None:
        if self._netrc is None:
            self._netrc = _read_netrc(self._environment, self._notify)
        found = self._netrc.get(name)
        return found if found is not None and (login is None or login.user == found.user) else login

    def _from_keyring(self, user: str, service: str) -> str:
        """What the command ``keyring`` knows, where pip or uv is set to ask it; a name alone may be a token."""
        if "subprocess" not in (self._environment.get(f"{tool}_KEYRING_PROVIDER") for tool in ("PIP", "UV")):
            return ""
        with self._lock:
            if (service, user) not in self._keyring:
                answers = (_ask_keyring(self._environment, name, user) for name in (service, host(service)))
                self._keyring[service, user] = next((a for a in answers if a), "")
            return self._keyring[service, user]


def _in(url: str) -> Login | None:
    """The credentials that an address carries."""
    parts = urlsplit(url)
    if not parts.username and not parts.password:
        return None
    return Login(unquote(parts.username or ""), None if parts.password is None else unquote(parts.password))


def _clean(url: str) -> str:
    parts = urlsplit(without_credentials(url))
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}/"


def _basic(user: str, secret: str) -> str:
    return base64.b64encode(f"{user}:{secret}".encode("utf-8", "surrogatepass")).decode()


def _read_netrc(environment: Mapping[str, str], notify: Callable[[str], None]) -> Mapping[str, Login]:
    """Hosts and logins; what the file says of all other hosts is left out."""
    import netrc

    from depfrag.fetch.files import home

    names = [environment["NETRC"]] if environment.get("NETRC") else [home(environment, n) for n in (".netrc", "_netrc")]
    for name in names:
        try:
            entries = netrc.netrc(name).hosts
        except FileNotFoundError:
            continue
        except (OSError, UnicodeError, netrc.NetrcParseError):
            notify(f"{name} cannot be read as a netrc file: not used")
            continue
        return {machine: Login(user, secret or "") for machine, (user, _, secret) in entries.items()
                if machine != "default"}  # fmt: skip
    return {}


def _ask_keyring(environment: Mapping[str, str], service: str, user: str) -> str:
    import shutil
    import subprocess

    command = shutil.which("keyring", path=environment.get("PATH"))
    if command is None or user.startswith("-"):
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - the user's own setting asks for it
            [command, "get", service, user],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_KEYRING_SECONDS, check=True,
        )  # fmt: skip
        return done.stdout.decode().rstrip("\r\n")
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return ""

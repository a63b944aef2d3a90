"""Opening a portal: which arguments won't do, and the key that is kept beside the database."""

import os
import sqlite3
import stat
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from attrs import fields

from patientportal import ConfigurationError, Policy, Portal, RecordingNotifier, WrongCredentialsError, open_portal
from patientportal.testing import CheapHasher, FrozenClock, activated, portal

PORTAL: dict[str, Any] = {"zone": "America/New_York", "hasher": CheapHasher()}
KEY = b"k" * 32


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        ({"zone": None}, "zone"),
        ({"policy": Policy(zone="UTC")}, "zone"),
        ({"zone": ""}, "zone"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": 5}, "zone"),
        ({"url": ""}, "url"),
        ({"url": "clinic.db"}, "url"),
        ({"url": "sqlite://"}, "url"),
        ({"url": "sqlite:///"}, "url"),
        ({"url": "sqlite://host/clinic.db"}, "url"),
        ({"url": "mysql://clinic"}, "url"),
        ({"secret_key": b""}, "secret_key"),
        ({"secret_key": b"k" * 31}, "secret_key"),
        ({"secret_key": "k" * 32}, "secret_key"),
        ({"link_base_url": ""}, "link_base_url"),
        ({"link_base_url": "http://portal.example"}, "link_base_url"),
        ({"link_base_url": "ftp://portal.example"}, "link_base_url"),
        ({"link_base_url": "https://portal.example?x=1"}, "link_base_url"),
        ({"link_base_url": "https://portal.example#x"}, "link_base_url"),
        ({"link_base_url": "https://user@portal.example"}, "link_base_url"),
        ({"link_base_url": "https://[portal"}, "link_base_url"),
        ({"link_base_url": 5}, "link_base_url"),
    ],
)
def test_an_argument_that_will_not_do_is_named(arguments: dict[str, Any], setting: str) -> None:
    given = {"url": "memory://"} | PORTAL | arguments
    with pytest.raises(ConfigurationError) as refusal:
        open_portal(given.pop("url"), **given)
    assert refusal.value.setting == setting


@pytest.mark.parametrize(
    ("base", "used"),
    [
        ("https://portal.example", "https://portal.example"),
        ("https://portal.example/", "https://portal.example"),
        ("HTTPS://Portal.EXAMPLE:0443/Ward//", "https://portal.example:443/Ward"),
        ("https://xn--vil-jma.example/a%20b", "https://xn--vil-jma.example/a%20b"),
        ("http://localhost:8000/p", "http://localhost:8000/p"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("https://portal.example:65535", "https://portal.example:65535"),
    ],
    ids=map(str, count(1)),
)
def test_a_safe_address_for_links_will_do_and_what_was_looked_at_is_used(base: str, used: str) -> None:
    with open_portal("memory://", link_base_url=base, **PORTAL) as one:
        assert one._env.link_base_url == used


@pytest.mark.parametrize(
    ("base", "origin"),
    [
        ("https://Portal.example/ward/", "https://portal.example"),
        ("https://portal.example:443/443", "https://portal.example"),
        ("https://portal.example:1443", "https://portal.example:1443"),
        ("https://portal.example:80", "https://portal.example:80"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000/p", "http://[::1]:8000"),
    ],
)
def test_a_portal_knows_where_its_pages_stand_as_browsers_name_it(base: str, origin: str) -> None:
    with open_portal("memory://", link_base_url=base, **PORTAL) as one:
        assert one.origin == origin


@pytest.mark.parametrize(
    "base",
    [
        *("https://portal.example\n", "\nhttps://portal.example", " https://portal.example", "https://portal .example"),
        *(
            "https://portal.example/\r\nX-Evil: 1",
            "https://portal.exa\tmple",
            "https://portal.example\0",
            "https://p\u2028",
        ),
        *(
            "https://portal.example/a b",
            "https://portal.example/<script>",
            "https://portal.example/\u00e9",
            "https:///a",
        ),
        *("https://:pw@evil.example", "https://portal.example@evil.example", "https://portal.example/@", "https://-"),
        *("https://portal.example:", "https://portal.example:notaport", "https://portal.example:99999", "https://p:0"),
        *(
            "https://portal.example:\u0664",
            "https://\u24d4vil.example",
            "https://portal.example?",
            "https://portal.example#",
        ),
        *(
            "https://portal.example\\evil",
            "//portal.example",
            "https:portal.example",
            "javascript:alert(1)",
            "https://.",
        ),
        *("http://portal.example", "http://localhost.evil.example", "http://127.0.0.1.evil", "https://" + "p" * 1_000),
    ],
    ids=map(str, count(1)),
)
def test_what_can_not_begin_a_link_is_refused_before_anybody_is_mailed_one(base: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        open_portal("memory://", link_base_url=base, **PORTAL)
    assert refusal.value.setting == "link_base_url"


def test_a_portal_on_postgres_is_told_where_its_links_begin(postgres_url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        open_portal(postgres_url, secret_key=KEY, **PORTAL)
    assert (refusal.value.setting, "give one" in refusal.value.reason) == ("link_base_url", True)
    open_portal(postgres_url, secret_key=KEY, link_base_url="https://portal.example", **PORTAL).close()


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: "short", "must give 43 to 64 characters of base64url"),
        (lambda: "x" * 65, "must give 43 to 64 characters of base64url"),
        (lambda: "\u00e9" * 43, "must give 43 to 64 characters of base64url"),
        (lambda: b"x" * 43, "must give 43 to 64 characters of base64url"),
        (lambda: "x" * 43, "gives the same secret twice"),
    ],
    ids=map(str, count(1)),
)
def test_what_makes_secrets_is_looked_at_when_the_portal_is_made(made: Any, reason: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        portal(new_secret=made)
    assert (refusal.value.setting, refusal.value.reason) == ("new_secret", reason)


def test_a_policy_may_stand_for_the_zone() -> None:
    with open_portal("memory://", policy=Policy.nist(zone="Europe/Berlin"), hasher=CheapHasher()) as one:
        assert repr(one) == "Portal(MemoryStore, zone='Europe/Berlin')"


def test_the_key_file_is_for_its_owner_alone_and_stays_the_same(tmp_path: Path) -> None:
    file = tmp_path / "clinic.db"
    keys = []
    for _ in range(3):
        open_portal(url_of(file), **PORTAL).close()
        keys.append((tmp_path / "clinic.db.key").read_bytes())
    assert len(set(keys)) == 1
    assert len(keys[0]) >= 32
    for name in ("clinic.db", "clinic.db.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clinic.db", "clinic.db.key"]


def test_a_lock_holds_across_a_restart(tmp_path: Path) -> None:
    notifier = RecordingNotifier()
    with open_portal(url_of(tmp_path / "clinic.db"), notifier=notifier, **PORTAL) as one:
        member = activated(one, notifier)
        for _ in range(3):
            with pytest.raises(WrongCredentialsError):
                one.log_in(member.username, "not the password 0")
    with open_portal(url_of(tmp_path / "clinic.db"), **PORTAL) as one:
        with pytest.raises(WrongCredentialsError) as refusal:
            one.log_in(member.username, "not the password 0")
        assert refusal.value.attempts_left == 0


def test_no_new_key_is_made_beside_a_database_in_use(tmp_path: Path) -> None:
    file, key, notifier = tmp_path / "clinic.db", tmp_path / "clinic.db.key", RecordingNotifier()
    with open_portal(url_of(file), notifier=notifier, **PORTAL) as one:
        activated(one, notifier)
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(ConfigurationError) as refusal:
        open_portal(url_of(file), **PORTAL)
    assert refusal.value.setting == "secret_key"
    assert "clinic.db.key is missing" in refusal.value.reason
    assert str(tmp_path) not in str(refusal.value)
    assert not key.exists()
    open_portal(url_of(file), secret_key=kept, **PORTAL).close()
    key.write_bytes(kept)
    open_portal(url_of(file), **PORTAL).close()


def test_the_name_of_a_new_key_is_on_the_disk_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, key = list[tuple[bool, bool]](), tmp_path / "clinic.db.key"
    sync = os.fsync

    def seen(handle: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), key.exists()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", seen)
    open_portal(url_of(tmp_path / "clinic.db"), **PORTAL).close()
    assert synced == [(False, False), (True, True)], "first what it holds, then its name"


def test_a_given_key_is_used_and_none_is_kept(tmp_path: Path) -> None:
    open_portal(url_of(tmp_path / "clinic.db"), secret_key=KEY, **PORTAL).close()
    assert not (tmp_path / "clinic.db.key").exists()


@pytest.mark.parametrize("kept", [b"", b"k" * 31])
def test_a_key_file_that_holds_no_key_is_refused_and_left_alone(tmp_path: Path, kept: bytes) -> None:
    key = tmp_path / "clinic.db.key"
    key.write_bytes(kept)
    with pytest.raises(ConfigurationError) as refusal:
        open_portal(url_of(tmp_path / "clinic.db"), **PORTAL)
    assert refusal.value.setting == "secret_key"
    assert key.read_bytes() == kept


def test_processes_that_start_at_once_keep_one_key_and_one_database(tmp_path: Path) -> None:
    program = (
        "import sys; from patientportal import open_portal; sys.stdin.readline();"
        f"print(open_portal({url_of(tmp_path / 'clinic.db')!r}, zone='UTC')._env.secret_key.hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert set(answers) == {(tmp_path / "clinic.db.key").read_bytes().hex()}
    assert sorted(path.name for path in tmp_path.iterdir() if "-" not in path.name) == ["clinic.db", "clinic.db.key"]


@pytest.mark.parametrize(
    "what",
    [
        "folder",
        "other file",
        "other database",
        "no folder",
    ],
)
def test_a_file_that_is_no_portals_is_refused_in_plain_words(tmp_path: Path, what: str) -> None:
    path = tmp_path / "clinic.db"
    match what:
        case "folder":
            path.mkdir()
        case "other file":
            path.write_text("a letter to the editor, and a long one at that\n" * 100)
        case "other database":
            with sqlite3.connect(path) as other:
                other.execute("CREATE TABLE recipes (name TEXT)")
            other.close()
        case _:
            path = tmp_path / "nowhere" / "clinic.db"
    with pytest.raises(ConfigurationError) as refusal:
        open_portal(url_of(path), **PORTAL)
    assert refusal.value.setting == "database"


def test_a_closed_portal_says_so_and_closes_twice(tmp_path: Path) -> None:
    one = open_portal(url_of(tmp_path / "clinic.db"), **PORTAL)
    one.close()
    one.close()
    with pytest.raises(ConfigurationError):
        one.log_in("countess", "violet kettle 42 drifts")


def test_a_portal_in_memory_is_gone_when_it_is_closed_and_shares_nothing() -> None:
    notifier = RecordingNotifier()
    with open_portal("memory://", notifier=notifier, **PORTAL) as one, open_portal("memory://", **PORTAL) as other:
        member = activated(one, notifier)
        with pytest.raises(WrongCredentialsError):
            other.log_in(member.username, member.password)


@pytest.mark.parametrize("argument", ["policy", "secret_key", "link_base_url"])
def test_the_front_door_itself_checks_what_it_is_given(argument: str) -> None:
    env = portal()._env
    given: dict[str, Any] = {one.name: getattr(env, one.name) for one in fields(type(env))}
    with pytest.raises(ConfigurationError) as refusal:
        Portal(**(given | {argument: None}))
    assert refusal.value.setting == argument


def test_the_time_comes_from_the_given_clock() -> None:
    clock = FrozenClock()
    notifier = RecordingNotifier()
    with open_portal("memory://", clock=clock, notifier=notifier, **PORTAL) as one:
        member = activated(one, notifier)
        me = one.log_in(member.username, member.password)
        assert {entry.at for entry in me.account.history().items} == {clock()}

"""Log messages and output of `check` for unusable servers: the fault, and the action to take."""

import os
import re
import subprocess

import pytest
import yaml

from harness.certificates import Certificates
from harness.fleet import run_program
from harness.server import PLATFORM_PASSWORD, PLATFORM_USER

CONFIGURATION, UNREACHABLE = 78, 69


def check(agent, *arguments):
    return subprocess.run([agent.binary, "check", *arguments, "--config", str(agent.config_path)], env=agent.environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def faulty(lab, fault):
    """The server's `tls` block, and the expected words of the error."""
    certificates = lab.certificates
    if fault == "expired":
        return certificates.issue_dated("old", "20000101000000Z", "20010101000000Z"), "expired on 2001-01-01"
    if fault == "not yet valid":
        return certificates.issue_dated("new", "20900101000000Z", "20910101000000Z"), "not valid before 2090-01-01"
    if fault == "self-signed":
        return certificates.self_signed("alone"), "is self-signed and not in"
    if fault == "wrong name":
        return certificates.issue("elsewhere", "DNS:elsewhere.example"), "is not for '127.0.0.1'"
    other = Certificates(lab.folder / "other").issue("other", "IP:127.0.0.1")
    return other, "does not lead to an authority in"


FAULTS = ["expired", "not yet valid", "unknown authority", "self-signed", "wrong name"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_fault_of_a_certificate_is_named(lab, fault):
    tls, words = faulty(lab, fault)
    users = [{"user": "ops", "password": "plso_token"}, {"user": PLATFORM_USER, "password": PLATFORM_PASSWORD}]
    server = await lab.server(tls=tls, extra={"authorization": {"users": users}})
    agent = lab.agent(server, nats__tls={"ca_file": lab.certificates.ca})
    line = await agent.logged("connection to NATS failed")
    checked = check(agent)
    assert checked.returncode == UNREACHABLE
    path = lab.folder / "contexts.yaml"
    path.write_text(yaml.safe_dump({"current": "one", "contexts": {"one": {
        "url": server.url, "operator": "ops", "token": "plso_token", "ca_file": lab.certificates.ca}}}), encoding="utf-8")
    path.chmod(0o600)
    plsctl = await run_program([os.environ["PLSCTL"], "status"], {
        "PATH": "/usr/bin:/bin", "HOME": str(lab.folder), "PLSCTL_CONFIG": str(path)})
    assert plsctl.code != 0
    for text in (line["reason"], checked.stdout, plsctl.err):
        assert words in text
        for other in FAULTS:
            assert other == fault or faulty_words(other) not in text
        assert ".cc" not in text and "OPENSSL" not in text and "BoringSSL" not in text
    assert "\n" not in line["reason"]


def faulty_words(fault):
    return {"expired": "expired on", "not yet valid": "not valid before", "self-signed": "is self-signed",
            "wrong name": "is not for", "unknown authority": "does not lead to"}[fault]


async def test_no_error_repeats_the_text_of_the_tls_library(lab):
    server = await lab.server()
    agent = lab.new_agent()
    # A server without TLS; a key that does not match the certificate.
    other = lab.certificates.issue("another", "DNS:another")
    for tls in [{"first": True}, {"cert_file": lab.certificates.client_cert, "key_file": other["key_file"]}]:
        agent.write(agent.settings(server.url, nats__tls=tls))
        checked = check(agent)
        assert checked.returncode == UNREACHABLE, checked.stdout
        assert re.search(r"error: .*TLS", checked.stdout), checked.stdout
        assert not re.search(r"\.cc|OPENSSL|BoringSSL|/Sources/", checked.stdout), checked.stdout


@pytest.mark.parametrize("url,words", [
    ("nats://[fe80::1%25]:4222", "zone"), ("nats://[fe80::1%25a%25b]:4222", "zone"),
    ("nats://[::1%25eth0]:4222", "only a link-local"), ("nats://fe80::1:4222", "brackets"),
    ("nats://h:0", "port"), ("nats://h:65536", "port"), ("nats://h:+1", "port"), ("nats://h/path", "path"),
    ("nats://h%61", "host"), ("nats://h ost", "blank"), ("nats://a..b", "label"), ("http://h", "must begin with nats://"),
    ("nats://", "host"), ("nats://u%zz:p@h", "hexadecimal"),
])
async def test_an_invalid_url_is_rejected_at_once(lab, url, words):
    agent = lab.new_agent()
    agent.write(agent.settings(url))
    checked = check(agent, "--offline")
    assert checked.returncode == CONFIGURATION
    error = next(line for line in checked.stdout.splitlines() if line.startswith("error: "))
    assert "nats.url" in error and words in error
    agent.start()
    assert await agent.process.ended() == CONFIGURATION


@pytest.mark.parametrize("url", [
    "NATS://127.0.0.1:PORT", " nats://127.0.0.1:PORT ", "127.0.0.1:PORT", "nats://127.0.0.1:PORT/",
    "nats://us%65r:p%40ss@127.0.0.1:PORT", "nats://[::ffff:127.0.0.1]:PORT", "nats://LOCALHOST:PORT",
])
async def test_an_unusual_valid_url_works(lab, url):
    server = await lab.server()
    agent = lab.agent(url.replace("PORT", str(server.port)))
    await agent.connected()


async def test_the_zone_of_an_address_is_an_interface(lab):
    agent = lab.new_agent()
    agent.write(agent.settings("nats://[fe80::1%25no-such-if]:4222"))
    assert check(agent, "--offline").returncode == 0
    checked = check(agent)
    assert checked.returncode == UNREACHABLE
    assert "there is no network interface no-such-if" in checked.stdout

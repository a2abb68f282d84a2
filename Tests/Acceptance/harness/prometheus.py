"""A strict parser of the Prometheus text format."""

import re
import urllib.request

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SAMPLE = re.compile(rf"^({_NAME})(?:\{{(.*)\}})? (\S+)$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


class Family:
    """A metric with its type, help and samples."""

    def __init__(self, name):
        self.name, self.type, self.help, self.samples = name, None, None, []


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return {"text": answer.read().decode("utf-8"), "type": answer.headers["Content-Type"]}


def parse(text):
    """The families by name. Raises `AssertionError` for invalid text."""
    assert text.endswith("\n"), "the last line does not end"
    families, seen = {}, set()
    for line in text.splitlines():
        if not line:
            continue
        if line.startswith("#"):
            _, word, name, rest = (line + " ").split(" ", 3)
            family = families.setdefault(name, Family(name))
            assert word in ("HELP", "TYPE"), line
            assert not family.samples, f"{line}: after its samples"
            setattr(family, word.lower(), rest.strip())
            continue
        match = _SAMPLE.match(line)
        assert match, f"no sample: {line}"
        name, labels, value = match.groups()
        pairs = _LABEL.findall(labels or "")
        assert _LABEL.sub("", labels or "") == "", f"labels: {line}"
        float(value)
        assert (name, labels) not in seen, f"twice: {line}"
        seen.add((name, labels))
        family = _family(families, name)
        family.samples.append((name, dict(pairs), float(value)))
    return families


def _family(families, name):
    if name in families:
        return families[name]
    for family in families.values():
        if any(name == family.name + suffix for suffix in _SUFFIXES.get(family.type, ())):
            return family
    raise AssertionError(f"{name} has no TYPE")

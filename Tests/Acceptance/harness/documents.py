"""The documents of this repository as data: their tables, code spans and code blocks."""

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
_SPAN = re.compile(r"`([^`]+)`")
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_SIZES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
# Cells for an empty value.
_NOTHING = {"", "empty", "none"}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def names():
    """All user documents."""
    return ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
            "packaging/plusclouds-agent.8", "configs/agent.yaml"]


def spans(text):
    return _SPAN.findall(text)


def tables(name):
    """The tables of a document, each with its heading, header cells and rows of cells."""
    found, heading, table = [], "", None
    for line in read(name).splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        if not line.startswith("|"):
            table = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if table is None:
            table = {"heading": heading, "head": cells, "rows": []}
            found.append(table)
        elif not set("".join(cells)) <= set("-: "):
            table["rows"].append(cells)
    return found


def table(name, *head):
    """The rows of the only table whose header begins with these cells; fails if there is none, or several."""
    found = [each for each in tables(name) if each["head"][:len(head)] == list(head)]
    assert len(found) == 1, f"{name}: {len(found)} tables begin with {head}, one is expected"
    return found[0]["rows"]


def keys(cell):
    """The dotted keys of a cell; a key without a section has the section of the previous one."""
    found = []
    for span in spans(cell):
        if "." in span or not found:
            found.append(span)
        else:
            found.append(found[-1].rpartition(".")[0] + "." + span)
    return found


def defaults(rows, key_column=0, default_column=1):
    """Each key with the text of its default; empty if there is none."""
    found = {}
    for row in rows:
        names_, cell = keys(row[key_column]), row[default_column]
        parts = re.split(r", (?=`|empty|none)", cell)
        if len(parts) != len(names_):
            parts = [cell] * len(names_)
        for name, part in zip(names_, parts):
            span = spans(part)
            assert name not in found, f"{name} is there twice"
            found[name] = span[0] if span else "" if part in _NOTHING else part
    return found


def value(text):
    """A value in a comparable form: seconds, bytes, numbers, booleans, lists, strings."""
    if text is None or text == "[]":
        return ""
    if isinstance(text, list):
        return [value(item) for item in text] or ""
    if isinstance(text, bool):
        return text
    text = str(text)
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d+", text):
        return float(text)
    if match := re.fullmatch(r"(\d+)(KiB|MiB|GiB|TiB)", text):
        return float(int(match[1]) * _SIZES[match[2]])
    if re.fullmatch(r"(\d+(ns|us|ms|s|m|h|d))+", text):
        return float(sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)(ns|us|ms|s|m|h|d)", text)))
    return text


def blocks(name, language):
    """The code blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", read(name), re.MULTILINE | re.DOTALL)


def code(name):
    """The lines of all code blocks, and all code spans, of a document."""
    blocks_ = re.findall(r"^ *```\w*\n(.*?)^ *```", read(name), re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks_ for line in block.splitlines()] + spans(re.sub(r"^ *```.*?^ *```", "", read(name), flags=re.MULTILINE | re.DOTALL))


def flat(settings, prefix=""):
    """A file's settings by dotted keys."""
    found = {}
    for key, item in (settings or {}).items():
        if isinstance(item, dict):
            found |= flat(item, f"{prefix}{key}.")
        else:
            found[prefix + key] = item
    return found


def printed_settings(text):
    """The output of `check --settings`, by dotted keys."""
    lines = text.split("settings:\n")[1].splitlines() if "settings:\n" in text else []
    inside = []
    for line in lines:
        if not line.startswith("  "):
            break
        inside.append(line.strip())
    # Durations such as 1h, and sizes, are strings in YAML.
    return yaml.safe_load("\n".join(inside)) or {}


def compare(documented, actual, document, program, what):
    """Compares in both directions. Returns a line for each item that is missing on one side."""
    return [f"{document} lacks the {what} {each}, which {program} has" for each in sorted(set(actual) - set(documented))] + \
        [f"{document} has the {what} {each}, which {program} lacks" for each in sorted(set(documented) - set(actual))]

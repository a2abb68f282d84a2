"""The JSON Schemas of docs/schemas, applied to every message of the agent."""

import functools
import json
import pathlib

import jsonschema
import referencing
import referencing.jsonschema

FOLDER = pathlib.Path(__file__).parents[3] / "docs" / "schemas"
_BASE = "https://schemas.invalid/"


def schema_names():
    return sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json"))


def schema(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@functools.cache
def _registry():
    return referencing.Registry().with_resources(
        (_BASE + name, referencing.Resource.from_contents(schema(name))) for name in schema_names())


@functools.cache
def _validator(name):
    return jsonschema.Draft202012Validator({"$ref": _BASE + name}, registry=_registry())


def problems(name, value):
    """The faults of a value, one line each; empty if it is valid."""
    return [f"{name}: {error.json_path}: {error.message[:300]}" for error in _validator(name).iter_errors(value)]


def check(name, value):
    found = problems(name, value)
    assert not found, "\n".join(found)


def decode(data):
    """Decodes strict JSON: UTF-8, no NaN, no Infinity."""
    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")
    return json.loads(data.decode("utf-8"), parse_constant=refuse)

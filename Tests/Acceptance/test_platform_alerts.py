"""The alerts and the dashboard in docs, checked with Prometheus and a running platform."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml

from harness import prometheus
from harness.fleet import Fleet

DOCS = pathlib.Path(__file__).parents[2] / "docs"
ALERTS = DOCS / "prometheus-alerts.yml"
_METRIC = re.compile(r"\b(?:plusclouds|process)_[a-z_]+\b")


def promtool(*arguments, folder):
    return subprocess.run([os.environ["PROMTOOL"], *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def alerts():
    return [rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]


def dashboard_queries():
    dashboard = json.loads((DOCS / "grafana-dashboard.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def names_in(text):
    return {re.sub(r"_(bucket|sum|count)$", "", name) if "duration_seconds" in name else name for name in _METRIC.findall(text)}


def test_promtool_accepts_the_alerts_and_the_queries_of_the_dashboard(tmp_path):
    checked = promtool("check", "rules", str(ALERTS), folder=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    rules = [{"record": f"dashboard:query{number}", "expr": query.replace("$job", ".+")}
             for number, query in enumerate(dashboard_queries())]
    (tmp_path / "dashboard.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    checked = promtool("check", "rules", "dashboard.yml", folder=tmp_path)
    assert checked.returncode == 0 and f"{len(rules)} rules found" in checked.stdout, checked.stdout + checked.stderr


def test_the_alerts_fire_and_persist_without_the_platform(tmp_path):
    shutil.copy(ALERTS, tmp_path)
    shutil.copy(pathlib.Path(__file__).parent / "alert_rules.test.yml", tmp_path)
    tested = promtool("test", "rules", "alert_rules.test.yml", folder=tmp_path)
    print(tested.stdout + tested.stderr)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_document_matches_the_alerts():
    text = (DOCS / "platform.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(PlusClouds\w+)` \| `(.+?)` \|", text, re.M))
    assert {name: query.replace("\\|", "|") for name, query in rows.items()} == {rule["alert"]: rule["expr"] for rule in alerts()}


async def test_alerts_dashboard_and_document_name_the_metrics_of_a_platform(lab):
    fleet = await Fleet(lab).start()
    live = set(prometheus.parse((await fleet.metrics())["text"]))
    drawn = set().union(*(names_in(query) for query in dashboard_queries()))
    watched = set().union(*(names_in(rule["expr"]) for rule in alerts()))
    document = (DOCS / "platform.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`(?:plusclouds|process)_[^|]*) \|", document, re.M)
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert watched <= live, watched - live
    assert drawn == live, drawn ^ live
    assert listed == live, listed ^ live
    assert names_in(document) <= live, names_in(document) - live

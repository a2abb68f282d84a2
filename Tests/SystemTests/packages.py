"""Generated packages, and variants of the package under test."""

import pathlib
import re
import shutil
import subprocess


def _build(tree, target):
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, target], check=True, capture_output=True)
    return str(target)


def with_version(deb, version, folder):
    """The same package with another version."""
    tree = pathlib.Path(folder) / f"tree-{version}"
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub("^Version: .*$", f"Version: {version}", control.read_text("utf-8"), flags=re.M), "utf-8")
    target = _build(tree, pathlib.Path(folder) / f"plusclouds-agent_{version.replace(':', '_')}.deb")
    shutil.rmtree(tree)
    return target


OLD_UNIT = """\
[Unit]
Description=PlusClouds VM Agent
After=network-online.target

[Service]
ExecStart=/usr/local/bin/plusclouds-agent --config /etc/plusclouds/agent.yaml
Restart=always
ProtectSystem=strict
ReadWritePaths=/var/log/plusclouds

[Install]
WantedBy=multi-user.target
"""
_OLD_PROGRAM = "#!/bin/sh\nexec sleep infinity\n"
_OLD_CONFIG = "nats:\n  url: nats://from-the-old-package:4222\n"
_OLD_POSTINST = """#!/bin/sh
mkdir -p /var/log/plusclouds
systemctl daemon-reload
systemctl enable --now plusclouds-agent
"""
_OLD_PRERM = {
    "quiet": "#!/bin/sh\n",
    "stops and disables": "#!/bin/sh\nsystemctl stop plusclouds-agent\nsystemctl disable plusclouds-agent\n",
}


def old_package(folder, *, unit="conffile", config="admin", prerm="quiet"):
    """A package with this name, as the Go agent had it.

    unit    its /etc/systemd/system/plusclouds-agent.service is a `conffile` or a `plain` file
    config  /etc/plusclouds/agent.yaml is the `admin`'s, a `conffile` or a `plain` file of the package
    prerm   what it does on every removal and upgrade: see _OLD_PRERM
    """
    tree = pathlib.Path(folder) / "old"
    control = tree / "DEBIAN"
    files = {"usr/local/bin/plusclouds-agent": _OLD_PROGRAM, "etc/systemd/system/plusclouds-agent.service": OLD_UNIT}
    if config != "admin":
        files["etc/plusclouds/agent.yaml"] = _OLD_CONFIG
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tree / "usr/local/bin/plusclouds-agent").chmod(0o755)
    control.mkdir()
    (control / "control").write_text(
        "Package: plusclouds-agent\nVersion: 1.4.2\nArchitecture: all\nMaintainer: Test <test@example.com>\n"
        "Description: the agent that was here before\n", encoding="utf-8")
    conffiles = [path for kind, path in ((unit, "/etc/systemd/system/plusclouds-agent.service"),
                                         (config, "/etc/plusclouds/agent.yaml")) if kind == "conffile"]
    (control / "conffiles").write_text("".join(f"{path}\n" for path in conffiles), encoding="utf-8")
    sums = subprocess.run(["md5sum", *files], cwd=tree, check=True, capture_output=True, text=True).stdout
    (control / "md5sums").write_text(sums, encoding="utf-8")
    for name, text in (("postinst", _OLD_POSTINST), ("prerm", _OLD_PRERM[prerm])):
        (control / name).write_text(text, encoding="utf-8")
        (control / name).chmod(0o755)
    target = _build(tree, pathlib.Path(folder) / "old.deb")
    shutil.rmtree(tree)
    return target

"""Apt repositories of generated packages, as the sources of a box."""

import asyncio
import datetime
import hashlib
import http.server
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

_SIGNER = "signer@example.com"


class AptRepository:
    """Packages are added, then published; it is all that the box's apt knows until it is closed.

        repository = AptRepository(box)
        repository.add("p1", "1.0")
        await repository.install()
        repository.add("p1", "2.0", scripts={"postinst": "sleep 5"})
        await repository.publish()
        ...
        repository.close()

    Another one, with a name of its own, is a source beside it (`become_a_source`), and is closed before it.
    """

    def __init__(self, box, name="apt-repository"):
        self.box = box
        self.name = name
        self.inside = f"/var/tmp/{name}"
        self._keys = {}
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="plusclouds-apt-"))
        (self._folder / "pool").mkdir()
        self._entries = {}
        self._dated = 0.0
        self._server = None
        self._saved = None

    # Packages

    def add(self, name, version, *, depends="", files=None, conffiles=None, scripts=None, templates="", size=0):
        """Builds a package; the newest version of a name is what the repository offers.

        files, conffiles  {absolute path: text}
        scripts           {"postinst": lines of sh, ...}
        templates         debconf questions; the package then depends on debconf
        size              bytes of a file that does not compress
        """
        tree = self._folder / "trees" / f"{name}_{version}"
        control = tree / "DEBIAN"
        control.mkdir(parents=True)
        if templates:
            depends = ", ".join(filter(None, [depends, "debconf"]))
        fields = {"Package": name, "Version": version, "Architecture": "all", "Maintainer": "Test <test@example.com>",
                  "Depends": depends, "Section": "misc", "Priority": "optional", "Description": "made up by a test"}
        text = "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
        (control / "control").write_text(text, encoding="utf-8")
        for path, content in {**(files or {}), **(conffiles or {})}.items():
            target = tree / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        if conffiles:
            (control / "conffiles").write_text("".join(f"{path}\n" for path in conffiles), encoding="utf-8")
        if templates:
            (control / "templates").write_text(templates, encoding="utf-8")
        if size:
            target = tree / "usr/share" / name / "noise"
            target.parent.mkdir(parents=True, exist_ok=True)
            with open("/dev/urandom", "rb") as noise:
                target.write_bytes(noise.read(size))
        for script, lines in (scripts or {}).items():
            (control / script).write_text(f"#!/bin/sh\nset -e\n{lines}\n", encoding="utf-8")
            (control / script).chmod(0o755)
        pool = self._folder / "pool"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, pool],
                       check=True, stdout=subprocess.DEVNULL)
        package = pool / f"{name}_{version}_all.deb"
        data = package.read_bytes()
        self._entries[name] = (f"{text}Filename: pool/{package.name}\nSize: {len(data)}\n"
                               f"SHA256: {hashlib.sha256(data).hexdigest()}\n")

    def publish_now(self):
        """Publishes the added packages."""
        (self._folder / "Packages").write_text("\n".join(self._entries.values()), encoding="utf-8")
        self._date(self._folder / "Packages")
        target = self.box.path(self.inside)
        shutil.rmtree(target, ignore_errors=True)
        (target / "pool").mkdir(parents=True)
        for package in (self._folder / "pool").iterdir():
            shutil.copyfile(package, target / "pool" / package.name)
        shutil.copy2(self._folder / "Packages", target / "Packages")

    def _date(self, path):
        """A later time than that of the previous file: apt treats files of the same second as equal."""
        self._dated = max(time.time(), self._dated + 2)
        os.utime(path, (self._dated, self._dated))

    async def publish(self):
        """`publish_now` for tests."""
        await asyncio.to_thread(self.publish_now)

    async def install(self):
        """Publishes and installs all packages."""
        await self.publish()
        await asyncio.to_thread(self.become_the_only_source_now)
        await self.box.run("apt-get", "install", "-y", "-q", *self._entries)

    # Sources

    def become_the_only_source_now(self, address=None):
        """Makes this repository the only source of the box's apt, and deletes lists fetched before."""
        address = address or f"file:{self.inside}"
        if self._saved is None:
            self._saved = [name for name in ("sources.list", "sources.list.d") if self.box.path(f"/etc/apt/{name}").exists()]
            for name in self._saved:
                self.box.run_now("cp", "-a", f"/etc/apt/{name}", f"/etc/apt/{name}.saved")
        self.box.run_now("sh", "-c", "rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/* /var/cache/apt/archives/*.deb")
        self.box.write("/etc/apt/sources.list", f"deb [trusted=yes] {address} ./\n")
        self.box.run_now("apt-get", "update")

    async def become_the_only_source(self, address):
        """`become_the_only_source_now` for tests."""
        await asyncio.to_thread(self.become_the_only_source_now, address)

    async def become_a_source(self, address=None, trusted=False):
        """Adds this repository to the sources of the box's apt, and fetches its lists."""
        options = "trusted=yes" if trusted else f"signed-by={self.inside}/keyring.gpg"
        self.box.write(f"/etc/apt/sources.list.d/{self.name}.list",
                       f"deb [{options}] {address or 'file:' + self.inside} ./\n")
        await self.box.run("apt-get", "update")

    def sign_now(self, label="one", key="valid"):
        """Writes a Release file for the published packages, and signs it with a key of the keyring: `valid`, `expired`, or
        None for no signature."""
        target = self.box.path(self.inside)
        for name in ("Release", "InRelease"):
            (target / name).unlink(missing_ok=True)
        data = (target / "Packages").read_bytes()
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S UTC")
        (target / "Release").write_text(
            f"Origin: test\nLabel: {label}\nSuite: stable\nCodename: stable\nDate: {date}\nSHA256:\n"
            f" {hashlib.sha256(data).hexdigest()} {len(data)} Packages\n", encoding="utf-8")
        self._date(target / "Release")
        if key is None:
            return
        home = self._folder / "gnupg"
        home.mkdir(mode=0o700, exist_ok=True)
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--yes", "--passphrase", ""]
        # A key of 2020, which was valid for a week.
        past = ["--faked-system-time", "20200102T000000!"] if key == "expired" else []
        if key not in self._keys:
            subprocess.run([*gpg, *past, "--quick-generate-key", f"{key}-{_SIGNER}", "rsa2048", "sign",
                            "1w" if past else "never"], check=True, capture_output=True)
            self._keys[key] = subprocess.run([*gpg, "--export", f"{key}-{_SIGNER}"], check=True, capture_output=True).stdout
        (target / "keyring.gpg").write_bytes(b"".join(self._keys.values()))
        subprocess.run([*gpg, *past, "--local-user", f"{key}-{_SIGNER}", "--clearsign", "--output", target / "InRelease",
                        target / "Release"], check=True, capture_output=True)
        self._date(target / "InRelease")

    def serve(self, bytes_per_second=None, folder=None):
        """The URL of the repository (or of a folder) over HTTP, with packages (not lists) at the given speed; on this
        machine, whose network the box shares."""
        stopping = threading.Event()
        folder = folder or self._folder

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=str(folder))

            def copyfile(self, source, outputfile):
                if bytes_per_second is None or not self.path.endswith(".deb"):
                    super().copyfile(source, outputfile)
                    return
                step = max(1, bytes_per_second // 10)
                try:
                    while (data := source.read(step)) and not stopping.wait(0.1):
                        outputfile.write(data)
                except OSError:
                    pass  # the client has closed the connection, as some tests intend

            def log_message(self, *arguments):  # pylint: disable=arguments-differ
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._server = (server, stopping)
        return f"http://127.0.0.1:{server.server_address[1]}"

    def stop_serving(self):
        """Refuses connections from now on."""
        if self._server:
            server, stopping = self._server
            self._server = None
            stopping.set()
            server.shutdown()
            server.server_close()

    def close(self):
        """Removes its packages and files, and restores the box's sources."""
        self.stop_serving()
        if self.box.pid is not None:
            if self._entries:
                self.box.outcome_now("dpkg", "--purge", "--force-all", *self._entries)
            if self._saved is not None:
                self.box.run_now("sh", "-c", "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d /var/lib/apt/lists/*")
                for name in self._saved:
                    self.box.run_now("mv", f"/etc/apt/{name}.saved", f"/etc/apt/{name}")
            self.box.run_now("rm", "-rf", self.inside, f"/etc/apt/sources.list.d/{self.name}.list")
        shutil.rmtree(self._folder, ignore_errors=True)


def holding(path, seconds):
    """A program that holds a lock of fcntl(2) on a file, as apt and dpkg do, and prints `held` once it has it."""
    return ["python3", "-c",
            "import fcntl, sys, time; f = open(sys.argv[1], 'a'); fcntl.lockf(f, fcntl.LOCK_EX); "
            "print('held', flush=True); time.sleep(float(sys.argv[2]))", path, str(seconds)]

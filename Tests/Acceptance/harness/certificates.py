"""A private certificate authority, a server certificate for this machine's loopback, a client certificate."""

import subprocess


class Certificates:
    """Created by openssl at the first use."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = str(folder / "ca.pem")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=acceptance CA")
        self.server_cert, self.server_key = self._issue("server", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self.client_cert, self.client_key = self._issue("client", "extendedKeyUsage=clientAuth")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def _issue(self, name, extension):
        (self.folder / f"{name}.ext").write_text(extension + "\n", encoding="ascii")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return str(self.folder / f"{name}.pem"), str(self.folder / f"{name}.key")

    def issue(self, name, *alternatives):
        """A server certificate of this authority for other names, as a `tls` block."""
        certificate, key = self._issue(name, "subjectAltName=" + ",".join(alternatives))
        return {"cert_file": certificate, "key_file": key}

    def issue_dated(self, name, start, end):
        """A certificate for the loopback with the given validity (`20000101000000Z`), as a `tls` block."""
        (self.folder / "ca.conf").write_text(
            "[ca]\ndefault_ca=test\n[test]\nnew_certs_dir=.\ndatabase=index.txt\nrand_serial=yes\nunique_subject=no\n"
            "default_md=sha256\npolicy=any\ncopy_extensions=copy\n[any]\ncommonName=supplied\n", encoding="ascii")
        (self.folder / "index.txt").write_text("", encoding="ascii")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key",
                      "-out", f"{name}.csr", "-subj", f"/CN={name}",
                      "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self._openssl("ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key",
                      "-startdate", start, "-enddate", end, "-in", f"{name}.csr", "-out", f"{name}.pem")
        return {"cert_file": str(self.folder / f"{name}.pem"), "key_file": str(self.folder / f"{name}.key")}

    def self_signed(self, name):
        """A certificate for the loopback that no authority signed, as a `tls` block."""
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN={name}",
                      "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        return {"cert_file": str(self.folder / f"{name}.pem"), "key_file": str(self.folder / f"{name}.key")}

    @property
    def server_tls(self):
        return {"cert_file": self.server_cert, "key_file": self.server_key}

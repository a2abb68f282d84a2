"""A minimal auth callout: a substitute for the platform, to run tests of permissions against other permissions."""

import base64
import hashlib
import json
import time

from .waiting import settled


def _plain(data):
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _decode(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


class Responder:
    """Accepts users with the right password, with the permissions that the test chooses."""

    def __init__(self, issuer, passwords, permissions, account="FLEET"):
        self.issuer, self.passwords, self.permissions, self.account = issuer, passwords, permissions, account

    def _token(self, claims):
        claims = {"iat": int(time.time()), "iss": self.issuer.public, "jti": "", **claims}
        digest = hashlib.new("sha512_256", json.dumps(claims).encode()).digest()
        claims["jti"] = base64.b32encode(digest).decode("ascii").rstrip("=")
        head = _plain(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
        signed = f"{head}.{_plain(json.dumps(claims).encode())}"
        return f"{signed}.{_plain(self.issuer.sign(signed.encode()))}"

    async def serve(self, connection):
        async def answer(message):
            request = _decode(message.data.decode())["nats"]
            options, user = request["connect_opts"], request["user_nkey"]
            body = {"type": "authorization_response", "version": 2}
            if self.passwords.get(options.get("user")) == options.get("pass"):
                permissions = self.permissions(options["user"])
                body["jwt"] = self._token({
                    "sub": user, "aud": self.account, "name": options["user"],
                    "nats": {**permissions, "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2}})
            else:
                body["error"] = "unknown"
            await message.respond(
                self._token({"sub": user, "aud": request["server_id"]["id"], "nats": body}).encode())
        subscription = await connection.subscribe("$SYS.REQ.USER.AUTH", cb=answer)
        await settled(connection)
        return subscription

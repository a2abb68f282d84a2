import NATS
import NIOCore
import NKeys
import PlatformCore

/// A minimal responder: it accepts every request without a lookup, and signs.
struct MinimalResponder {
  let client: NATSClient
  let issuer: NKeyPair

  func run() async throws {
    let requests = try client.subscribe(to: AuthorizationRequest.subject)
    try await client.flush()
    await withDiscardingTaskGroup { group in
      for await request in requests {
        group.addTask { Self.answer(request, issuer) }
      }
    }
  }

  private static func answer(_ message: NATSMessage, _ issuer: NKeyPair) {
    let token = String(buffer: message.payload)
    do {
      let request = try NATSToken.unverified(token, as: AuthorizationRequest.self)
      guard let claims = CalloutPermissions.agent(request.nats.options.user ?? "", replyTTL: .seconds(60))
      else { return }
      let user = try NATSToken.sign(
        NATSClaims(sub: request.nats.userKey, aud: "FLEET", iat: request.iat, nats: claims), with: issuer)
      let response = NATSClaims(
        sub: request.nats.userKey, aud: request.nats.server.id, iat: request.iat,
        nats: AuthorizationResponse(jwt: user))
      try message.reply(Array(try NATSToken.sign(response, with: issuer).utf8))
    } catch {
      // The connection of the request counts as failed.
    }
  }
}

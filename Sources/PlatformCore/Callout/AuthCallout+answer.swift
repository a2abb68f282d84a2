import Clocks
import Encoding
import Glibc
import JSON
import Locks
import Logging
import NATS
import NIOCore
import NKeys
import PlatformAPI
import XKeys

extension AuthCallout {
  /// Answers one request, unless the server has stopped waiting for the response.
  func answer(_ message: NATSMessage, arrived: ContinuousClock.Instant) async {
    // Under overload, answering expired requests would delay all others until they expire as well.
    guard message.replyTo != nil, .now - arrived < serverTimeout.withLock({ $0 }) else {
      counters.calloutRefused(.request)
      return
    }
    do {
      let (token, sharedKey) = try envelope.open(
        Array(message.payload.readableBytesView), serverKey: message.headers?[AuthorizationRequest.keyHeader])
      let request = try CalloutRequest(
        token: token, sharedKey: sharedKey, now: WallClock.now, tolerance: settings.clockTolerance)
      let limit = request.serverTimeout ?? settings.serverTimeout
      serverTimeout.withLock { $0 = limit }
      let (response, grant) = await response(to: request.claims)
      let signed = Array(try sign(response, to: request.claims).utf8)
      guard .now - arrived < limit else { return }
      try message.reply(sharedKey?.seal(signed) ?? signed)
      counters.calloutTook(.now - arrived)
      if settings.clones == .alert, let grant { await detectClone(grant, request.claims) }
    } catch let error as CalloutRequest.Invalid {
      counters.calloutRefused(.request)
      logger.error("callout request refused", metadata: ["reason": "\(error)"])
    } catch let error as NATSError where error.code == .draining {
      // A refusal waited for memory while this instance began to stop. The client retries elsewhere.
      logger.debug("callout answer not sent, stopping")
    } catch {
      logger.error("callout answer failed", metadata: ["error": "\(error)"])
    }
  }

  private func response(
    to request: AuthorizationRequest
  ) async -> (AuthorizationResponse, grant: String?) {
    let connect = ConnectRequest(request)
    do throws(CalloutRefusal) {
      let identity = try CalloutDecision.identity(of: connect)
      let acceptance = try await decide(connect, identity)
      if settings.clones == .refuse, case .agent(let uuid) = identity {
        try await rejectClone(of: uuid, acceptance.grant, request)
      }
      let now = WallClock.now
      let claims = NATSClaims(
        sub: request.userKey, name: acceptance.grant, aud: settings.account, iat: Int64(now),
        exp: acceptance.expiresAt, nats: acceptance.claims)
      let jwt: String
      do {
        jwt = try NATSToken.sign(claims, with: settings.issuer)
      } catch {
        logger.error("callout answer failed", metadata: ["error": "\(error)"])
        throw .unavailable
      }
      counters.calloutAccepted()
      return (AuthorizationResponse(jwt: jwt), acceptance.grant)
    } catch {
      refused(connect, error)
      return (AuthorizationResponse(error: error.rawValue), nil)
    }
  }

  private func sign(
    _ response: AuthorizationResponse, to request: AuthorizationRequest
  ) throws(NKeyError) -> String {
    let claims = NATSClaims(
      sub: request.userKey, aud: request.server.id, iat: Int64(WallClock.now), nats: response)
    return try NATSToken.sign(claims, with: settings.issuer)
  }

  // MARK: Decisions

  private func decide(
    _ connect: ConnectRequest, _ identity: CalloutIdentity
  ) async throws(CalloutRefusal) -> CalloutDecision.Acceptance {
    let jitter = Double.random(in: -1...1)
    // A valid token is accepted before anything that an attacker could exhaust.
    do throws(CalloutRefusal) {
      return try decideFromMemory(connect, identity, jitter)
    } catch {
      guard error.isGuess else { throw error }
    }
    if case .agent(let uuid) = identity, let acceptance = try await enroll(connect, uuid, jitter) {
      return acceptance
    }
    // Memory may lag behind the buckets.
    await directory.catchUp()
    if case .agent(let uuid) = identity, let acceptance = try await enroll(connect, uuid, jitter) {
      return acceptance
    }
    return try decideFromMemory(connect, identity, jitter)
  }

  private func decideFromMemory(
    _ connect: ConnectRequest, _ identity: CalloutIdentity, _ jitter: Double
  ) throws(CalloutRefusal) -> CalloutDecision.Acceptance {
    switch identity {
    case .agent(let uuid):
      try decision.agent(connect, directory.agent(uuid), now: WallClock.now, jitter: jitter)
    case .operator(let name):
      try decision.operator(connect, directory.operatorRecord(name), now: WallClock.now, jitter: jitter)
    }
  }

  /// Enrolls an unknown agent by its enrollment token; nil when it presents none that it may claim.
  private func enroll(
    _ connect: ConnectRequest, _ uuid: String, _ jitter: Double
  ) async throws(CalloutRefusal) -> CalloutDecision.Acceptance? {
    guard directory.agent(uuid) == nil, TokenKind.of(connect.token) == .enrollment,
      directory.canClaim(enrollment: connect.token, by: uuid)
    else { return nil }
    // Claiming uses the token up, so a client that would be refused anyway must not claim it.
    guard connect.connectionName.hasSameBytes(as: CalloutDecision.connectionName(of: uuid, agentType: "vm"))
    else {
      throw .wrongAgentType
    }
    let record: AgentRecord
    do {
      record = try await directory.claimEnrollment(token: connect.token, uuid: uuid)
    } catch {
      throw error.code == .unavailable ? .unavailable : .unknown
    }
    return try decision.agent(connect, record, now: WallClock.now, jitter: jitter)
  }

  // MARK: Refusals

  /// Counts a refusal, and logs and audits it within the limits.
  private func refused(_ connect: ConnectRequest, _ reason: CalloutRefusal) {
    let identity = CalloutIdentity(user: connect.user)
    let isKnown =
      switch identity {
      case .agent(let uuid): directory.agent(uuid) != nil
      case .operator(let name): directory.operatorRecord(name) != nil
      case nil: false
      }
    if reason.isGuess {
      let throttle = failures.withLock {
        $0.recordFailure(
          ClientAddress(connect.address), user: connect.user, isKnown: isKnown, now: BootClock.now)
      }
      if let throttle { return throttled(throttle, connect, isKnown: isKnown) }
    }
    counters.calloutRefused(reason.counted)
    let user = connect.user.prefix(bytes: 64)
    guard let suppressed = shouldLog(user, connect, reason, isKnown: isKnown) else { return }
    logger.warning(
      "connection refused",
      metadata: [
        "user": "\(user)", "address": "\(connect.address)", "reason": "\(reason.rawValue)",
        "suppressed": "\(suppressed)",
      ])
    guard isKnown || refusalLog.withLock({ $0.shouldAuditUnknownName(now: BootClock.now) }) else {
      return
    }
    let isAgent = if case .agent = identity { true } else { false }
    audit.enqueue(
      AuditEntry(
        at: WallClock.now, by: "platform", action: isAgent ? "agent.refused" : "operator.refused",
        object: user,
        details: [
          "reason": .string(reason.rawValue), "address": .string(connect.address.prefix(bytes: 64)),
          "suppressed": .integer(Int64(suppressed)),
        ]))
  }

  /// Handles a failure over the budget: counted, never audited, logged when the episode begins and once a minute while it lasts.
  private func throttled(
    _ throttle: AuthenticationRateLimiter.Throttle, _ connect: ConnectRequest, isKnown: Bool
  ) {
    counters.calloutRefused(CalloutRefusal.tooManyGuesses.counted)
    if throttle.isFirst {
      let isAgent = AgentRecord.canonicalUUID(connect.user) != nil
      counters.authenticationThrottled(!isKnown ? .unknown : isAgent ? .agent : .operator)
    }
    let user = throttle.user.map { $0.prefix(bytes: 64) } ?? "(unknown names)"
    guard let suppressed = shouldLog(user, connect, .tooManyGuesses, isKnown: isKnown) else { return }
    logger.warning(
      "authentication failures throttled",
      metadata: [
        "user": "\(user)", "address": "\(connect.address)", "failures": "\(throttle.failures)",
        "suppressed": "\(suppressed)",
      ])
  }

  private func shouldLog(
    _ user: String, _ connect: ConnectRequest, _ reason: CalloutRefusal, isKnown: Bool
  ) -> Int? {
    let log = isKnown ? knownRefusalLog : refusalLog
    return log.withLock {
      $0.shouldLog(user, connect.address.prefix(bytes: 64), reason, now: BootClock.now)
    }
  }
}

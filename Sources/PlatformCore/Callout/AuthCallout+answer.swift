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
  /// Answers one request, or leaves it when nobody waits for the answer any more.
  func answer(_ message: NATSMessage, arrived: ContinuousClock.Instant) async {
    // Under a load that is too much, answers that come too late would be all that there are.
    guard message.replyTo != nil, .now - arrived < patience.withLock({ $0 }) else {
      counters.calloutRefused(.request)
      return
    }
    do {
      let (token, sharedKey) = try envelope.open(
        Array(message.payload.readableBytesView), serverKey: message.headers?[AuthorizationRequest.keyHeader])
      let request = try CalloutRequest(
        token: token, sharedKey: sharedKey, now: Self.unixTime(), tolerance: settings.clockTolerance)
      let limit = request.patience ?? settings.patience
      patience.withLock { $0 = limit }
      let (response, grant) = await response(to: request.claims)
      let signed = Array(try sign(response, to: request.claims).utf8)
      guard .now - arrived < limit else { return }
      try message.reply(sharedKey?.seal(signed) ?? signed)
      counters.calloutTook(.now - arrived)
      if settings.clones == .alert, let grant { await lookForClone(grant, request.claims) }
    } catch let error as CalloutRequest.Unusable {
      counters.calloutRefused(.request)
      logger.error("callout request refused", metadata: ["reason": "\(error)"])
    } catch {
      logger.error("callout answer failed", metadata: ["error": "\(error)"])
    }
  }

  private func response(
    to request: AuthorizationRequest
  ) async -> (AuthorizationResponse, grant: String?) {
    let attempt = CalloutAttempt(request)
    do throws(CalloutRefusal) {
      let identity = try CalloutDecision.identity(of: attempt)
      let acceptance = try await decide(attempt, identity)
      if settings.clones == .refuse, case .agent(let uuid) = identity {
        try await refuseClone(of: uuid, acceptance.grant, request)
      }
      let now = Self.unixTime()
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
      note(error, attempt)
      return (AuthorizationResponse(error: error.rawValue), nil)
    }
  }

  private func sign(
    _ response: AuthorizationResponse, to request: AuthorizationRequest
  ) throws(NKeyError) -> String {
    let claims = NATSClaims(
      sub: request.userKey, aud: request.server.id, iat: Int64(Self.unixTime()), nats: response)
    return try NATSToken.sign(claims, with: settings.issuer)
  }

  // MARK: Deciding

  private func decide(
    _ attempt: CalloutAttempt, _ identity: CalloutIdentity
  ) async throws(CalloutRefusal) -> CalloutDecision.Acceptance {
    let address = ClientAddress(attempt.address)
    let isKnown =
      switch identity {
      case .agent(let uuid): directory.agent(uuid) != nil
      case .operator(let name): directory.operatorRecord(name) != nil
      }
    guard
      guesses.withLock({
        $0.allows(address, user: attempt.user, isKnown: isKnown, now: Self.steadyTime())
      })
    else { throw .tooManyGuesses }
    do throws(CalloutRefusal) {
      switch identity {
      case .agent(let uuid): return try await decideAgent(attempt, uuid)
      case .operator(let name): return try await decideOperator(attempt, name)
      }
    } catch {
      if error.isGuess {
        guesses.withLock {
          $0.failed(address, user: attempt.user, isKnown: isKnown, now: Self.steadyTime())
        }
      }
      throw error
    }
  }

  private func decideAgent(
    _ attempt: CalloutAttempt, _ uuid: String
  ) async throws(CalloutRefusal) -> CalloutDecision.Acceptance {
    let jitter = Double.random(in: -1...1)
    let known = directory.agent(uuid)
    do throws(CalloutRefusal) {
      return try decision.agent(attempt, known, now: Self.unixTime(), jitter: jitter)
    } catch {
      guard error.isGuess else { throw error }
    }
    // Memory may be a moment old.
    let record: AgentRecord?
    if let fresh = await reread(
      known, { () async throws(APIError) in try await directory.reread(agent: uuid) })
    {
      record = fresh
    } else if TokenKind.of(attempt.token) == .enrolment {
      // The token is used up by this: not by a client that would be refused all the same.
      guard attempt.connectionName == CalloutDecision.connectionName(of: uuid, agentType: "vm") else {
        throw .wrongAgentType
      }
      do {
        record = try await directory.claimEnrolment(token: attempt.token, uuid: uuid)
      } catch {
        throw error.code == .unavailable ? .unavailable : .unknown
      }
    } else {
      record = nil
    }
    return try decision.agent(attempt, record, now: Self.unixTime(), jitter: jitter)
  }

  private func decideOperator(
    _ attempt: CalloutAttempt, _ name: String
  ) async throws(CalloutRefusal) -> CalloutDecision.Acceptance {
    let jitter = Double.random(in: -1...1)
    let known = directory.operatorRecord(name)
    do throws(CalloutRefusal) {
      return try decision.operator(attempt, known, now: Self.unixTime(), jitter: jitter)
    } catch {
      guard error.isGuess else { throw error }
    }
    let record = await reread(known) { () async throws(APIError) in
      try await directory.reread(operator: name)
    }
    return try decision.operator(attempt, record, now: Self.unixTime(), jitter: jitter)
  }

  /// What the bucket has now; what memory has, where that can't be told.
  private func reread<Record>(
    _ known: Record?, _ read: () async throws(APIError) -> Record?
  ) async -> Record? {
    do throws(APIError) {
      return try await read()
    } catch {
      logger.debug("memory not compared with the bucket", metadata: ["error": "\(error)"])
      return known
    }
  }

  // MARK: Noting

  private func note(_ refusal: CalloutRefusal, _ attempt: CalloutAttempt) {
    counters.calloutRefused(refusal.counted)
    let user = String(attempt.user.prefix(64))
    guard let unnoted = notes.withLock({ $0.note(user, refusal, now: Self.steadyTime()) }) else { return }
    logger.warning(
      "connection refused",
      metadata: [
        "user": "\(user)", "address": "\(attempt.address)", "reason": "\(refusal.rawValue)",
        "unnoted": "\(unnoted)",
      ])
    let identity = CalloutIdentity(user: attempt.user)
    let isAgent = if case .agent = identity { true } else { false }
    let isKnown =
      switch identity {
      case .agent(let uuid): directory.agent(uuid) != nil
      case .operator(let name): directory.operatorRecord(name) != nil
      case nil: false
      }
    guard isKnown || notes.withLock({ $0.mayRecordStranger(now: Self.steadyTime()) }) else { return }
    audit.note(
      AuditEntry(
        at: Self.unixTime(), by: "platform", action: isAgent ? "agent.refused" : "operator.refused",
        object: user,
        details: [
          "reason": .string(refusal.rawValue), "address": .string(String(attempt.address.prefix(64))),
          "unnoted": .integer(Int64(unnoted)),
        ]))
  }

  static func unixTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  static func steadyTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

import Locks
import Logging
import NATS

/// The uplink over a NATS client.
///
/// The client buffers nothing while disconnected. Publishers keep what has to survive an outage.
final class NATSUplink: Uplink {
  private struct State {
    var connectionID: UInt64?
    var maximumPayload = 1 << 20
    var serverURL: String?
    var isClosed = false
    var lastWaiter: UInt64 = 0
    var waiters: [UInt64: Waiter] = [:]
  }

  private struct Waiter {
    let known: UInt64?
    let continuation: CheckedContinuation<UInt64?, Never>
  }

  private let client: NATSClient
  private let state = Locked(State())

  init(client: NATSClient) {
    self.client = client
  }

  var connectionID: UInt64? { state.withLock { $0.connectionID } }
  var maximumPayload: Int { state.withLock { $0.maximumPayload } }

  /// The URL of the current server, without credentials.
  var serverURL: String? { state.withLock { $0.connectionID == nil ? nil : $0.serverURL } }

  /// Records a new connection and resumes the waiting publishers.
  func connected(_ connectionID: UInt64, url: String, maximumPayload: Int) {
    let ready = state.withLock { state in
      state.connectionID = connectionID
      state.serverURL = url
      state.maximumPayload = maximumPayload
      let ready = state.waiters.filter { $0.value.known != connectionID }
      for key in ready.keys { state.waiters[key] = nil }
      return ready
    }
    for waiter in ready.values { waiter.continuation.resume(returning: connectionID) }
  }

  /// Records the loss of the connection.
  func disconnected() {
    state.withLock { $0.connectionID = nil }
  }

  /// Ends all waits; there will be no further connection.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      state.connectionID = nil
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.continuation.resume(returning: nil) }
  }

  func nextConnection(after known: UInt64?) async -> UInt64? {
    let key = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: UInt64?? = state.withLock { state in
          if state.isClosed || Task.isCancelled { return .some(nil) }
          if let connectionID = state.connectionID, connectionID != known { return connectionID }
          state.waiters[key] = Waiter(known: known, continuation: continuation)
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: key) }?.continuation.resume(returning: nil)
    }
  }

  func publish(_ message: [UInt8], to subject: String) throws(UplinkError) {
    do {
      try client.publish(message, to: subject)
    } catch {
      throw UplinkError(error, subject: subject)
    }
  }

  func flush(on connectionID: UInt64) async throws(UplinkError) {
    do {
      try await client.flush(on: connectionID, timeout: Self.confirmationTimeout)
    } catch {
      throw UplinkError(error, subject: "")
    }
  }

  func publishAndFlush(_ message: [UInt8], to subject: String, on connectionID: UInt64?)
    async throws(UplinkError)
  {
    do {
      try await client.publishAndFlush(
        message, to: subject, on: connectionID, timeout: Self.confirmationTimeout)
    } catch {
      throw UplinkError(error, subject: subject)
    }
  }

  /// Longer than the detection of a dead connection by pings takes.
  private static let confirmationTimeout = Duration.seconds(120)
}

extension UplinkError {
  fileprivate init(_ error: NATSError, subject: String) {
    switch error.code {
    case .permissionsViolation: self = .notPermitted(subject: subject)
    case .pendingBufferFull, .timeout: self = .congested
    case .payloadTooLarge, .invalidSubject, .headersNotSupported: self = .unsendable(error.message)
    default: self = .disconnected
    }
  }
}

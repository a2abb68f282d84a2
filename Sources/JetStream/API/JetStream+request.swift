import JSON
import NATS
import NIOCore

extension JetStream {
  /// The longest answer that is read.
  static let maximumReply = 64 << 20
  /// What lies between two tries where nobody answers (ADR-22).
  static let pause = Duration.milliseconds(250)
  /// One of several tries: a request may have gone to a server that died with it.
  private static let attempt = Duration.seconds(2)

  /// Asks `{apiPrefix}.{method}`.
  ///
  /// - Parameters:
  ///   - what: what it is about, for errors.
  ///   - isRepeatable: whether it may be done twice, so that one without an answer is sent again.
  func request(
    _ method: String, _ body: JSONObject? = nil, about what: String, isRepeatable: Bool = true
  ) async throws(JetStreamError) -> JSONObject {
    let payload = body.map { JSONWriter.encode(.object($0)) } ?? []
    let deadline = ContinuousClock.now + timeout
    var silence: JetStreamError?
    while true {
      let failure: JetStreamError
      let left = deadline - .now
      switch await ask(
        payload, "\(apiPrefix).\(method)", timeout: isRepeatable ? min(left, Self.attempt) : left)
      {
      case .success(let reply):
        let object = try Self.object(reply.payload, about: what)
        guard let refusal = APIFailure(object) else { return object }
        failure = refusal.error(about: what)
        guard refusal.isTemporary else { throw failure }
      case .failure(let error):
        failure = JetStreamError(error, about: what)
        // The last try may be too short for an answer; that nobody was there before says more.
        guard failure.code == .noResponders || failure.code == .timeout && isRepeatable else {
          throw failure.code == .timeout ? silence ?? failure : failure
        }
        if failure.code == .noResponders { silence = failure }
      }
      guard deadline - .now > Self.pause else { throw silence ?? failure }
      try await Self.sleep(Self.pause)
    }
  }

  /// A request of the client, with its failure as a value.
  func ask(
    _ payload: [UInt8], _ subject: String, headers: NATSHeaders? = nil, timeout: Duration
  ) async -> Result<NATSMessage, NATSError> {
    do throws(NATSError) {
      return .success(try await client.request(payload, to: subject, headers: headers, timeout: timeout))
    } catch {
      return .failure(error)
    }
  }

  static func object(_ payload: ByteBuffer, about what: String) throws(JetStreamError) -> JSONObject {
    guard payload.readableBytes <= maximumReply else { throw .unusable(what) }
    do throws(JSONError) {
      guard let object = try JSONReader.parse(Array(payload.readableBytesView)).objectValue else {
        throw JSONError(.notAnObject, at: 0)
      }
      return object
    } catch {
      throw .unusable(what)
    }
  }

  static func sleep(_ duration: Duration) async throws(JetStreamError) {
    do {
      try await Task.sleep(for: duration)
    } catch {
      throw JetStreamError(.cancelled, "the task was cancelled while it waited for JetStream")
    }
  }
}

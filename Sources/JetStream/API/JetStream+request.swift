import JSON
import NATS
import NIOCore

extension JetStream {
  /// Maximum size of a response in bytes.
  static let maximumReply = 64 << 20
  /// Delay before a retry without responders (ADR-22).
  static let pause = Duration.milliseconds(250)
  /// Timeout of a single attempt, as the request may have gone to a server that failed.
  private static let attempt = Duration.seconds(2)

  /// Sends a request to `{apiPrefix}.{method}`.
  ///
  /// - Parameters:
  ///   - what: the subject of the request, for error messages.
  ///   - isRepeatable: whether the request is idempotent, so that it is retried after a timeout.
  func request(
    _ method: String, _ body: JSONObject? = nil, about what: String, isRepeatable: Bool = true
  ) async throws(JetStreamError) -> JSONObject {
    let payload = body.map { JSONWriter.encode(.object($0)) } ?? []
    let deadline = ContinuousClock.now + timeout
    var lastNoResponders: JetStreamError?
    while true {
      let failure: JetStreamError
      let left = deadline - .now
      switch await sendRequest(
        payload, "\(apiPrefix).\(method)", timeout: isRepeatable ? min(left, Self.attempt) : left)
      {
      case .success(let reply):
        let object = try Self.object(reply.payload, about: what)
        guard let failureReply = APIFailure(object) else { return object }
        failure = failureReply.error(about: what)
        guard failureReply.isTemporary else { throw failure }
      case .failure(let error):
        failure = JetStreamError(error, about: what)
        // The last attempt may be too short for a response. An earlier error without responders is more specific.
        guard failure.code == .noResponders || failure.code == .timeout && isRepeatable else {
          throw failure.code == .timeout ? lastNoResponders ?? failure : failure
        }
        if failure.code == .noResponders { lastNoResponders = failure }
      }
      guard deadline - .now > Self.pause else { throw lastNoResponders ?? failure }
      try await Self.sleep(Self.pause)
    }
  }

  /// Sends a request of the client, and returns its error as a value.
  func sendRequest(
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

/// The position in a paged list (ADR-1). The list may change while it is read.
struct Pages {
  /// Maximum number of pages, regardless of the total that the server reports.
  static let maximum = 10_000

  /// The offset of the next page; nil after the last one.
  private(set) var next: Int? = 0
  private var read = 0
  private var pages = 0

  /// Advances past a received page.
  mutating func received(_ count: Int, of total: Int) {
    read += count
    pages += 1
    next = count > 0 && read < total && pages < Self.maximum ? read : nil
  }
}

public import NATS

/// A client of the JetStream API of a server or cluster.
///
/// It has no state besides the NATS client, so it can be created where needed.
public struct JetStream: Sendable {
  /// The NATS client.
  public let client: NATSClient
  /// Total timeout of a request. Requests without a leader are retried within it.
  public let timeout: Duration
  /// The prefix of the subjects of requests.
  public let apiPrefix: String

  /// Creates a client of the API of the account that `client` is connected to.
  ///
  /// - Parameter apiPrefix: the prefix of the subjects; another one if the API of another account is imported.
  public init(_ client: NATSClient, timeout: Duration = .seconds(5), apiPrefix: String = "$JS.API") {
    self.client = client
    self.timeout = timeout
    self.apiPrefix = apiPrefix
  }
}

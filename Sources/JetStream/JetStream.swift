public import NATS

/// JetStream, as a client of a server or cluster that has it.
///
/// It holds nothing but the client, so it is made where it is needed.
public struct JetStream: Sendable {
  /// The client that it speaks through.
  public let client: NATSClient
  /// How long a request may take in all: those that find no leader are sent again within it.
  public let timeout: Duration
  /// What the subjects of requests begin with.
  public let apiPrefix: String

  /// JetStream of the account that `client` is connected to.
  ///
  /// - Parameter apiPrefix: the subjects under which another account's API is imported, if it is that.
  public init(_ client: NATSClient, timeout: Duration = .seconds(5), apiPrefix: String = "$JS.API") {
    self.client = client
    self.timeout = timeout
    self.apiPrefix = apiPrefix
  }
}

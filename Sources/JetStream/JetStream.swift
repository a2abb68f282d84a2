public import NATS

/// JetStream, as a client of a server or cluster that has it.
///
/// It holds nothing but the client, so it is made where it is needed.
public struct JetStream: Sendable {
  /// The client that it speaks through.
  public let client: NATSClient
  /// How long a request may take in all: those that find no leader are sent again within it.
  public let timeout: Duration

  /// JetStream of the account that `client` is connected to.
  public init(_ client: NATSClient, timeout: Duration = .seconds(5)) {
    self.client = client
    self.timeout = timeout
  }
}

/// Why the platform's streams and buckets could not be made as configured.
public struct ProvisioningError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened, to what, and what to do.
  public let description: String

  /// An error with these words.
  public init(_ description: String) {
    self.description = description
  }
}

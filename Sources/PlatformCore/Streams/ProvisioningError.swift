/// The reason for which a stream or bucket could not be provisioned.
public struct ProvisioningError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What failed, why, and what to do.
  public let description: String

  /// Creates an error.
  public init(_ description: String) {
    self.description = description
  }
}

/// The kind of a key. The raw value is the prefix byte, which determines the first letter of the encoded key.
public enum NKeyKind: UInt8, Sendable, Hashable, CaseIterable {
  /// `A`: an account.
  case account = 0
  /// `C`: a cluster.
  case cluster = 16
  /// `N`: a server.
  case server = 104
  /// `O`: an operator.
  case `operator` = 112
  /// `U`: a user.
  case user = 160
  /// `X`: an x25519 key, which encrypts and does not sign.
  case curve = 184

  static let seedPrefix: UInt8 = 144
}

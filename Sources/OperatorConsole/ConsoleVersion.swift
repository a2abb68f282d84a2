/// The version of `plsctl`.
enum ConsoleVersion {
  /// As `plsctl --version` shows it.
  static let current = "0.1.0"
}

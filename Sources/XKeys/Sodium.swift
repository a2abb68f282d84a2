import CSodium

/// libsodium, which requires initialisation before use.
enum Sodium {
  private static let isReady = sodium_init() >= 0

  static func prepare() throws(XKeyError) {
    guard isReady else {
      throw XKeyError(.unavailable, "libsodium cannot start: the system has no source of random numbers")
    }
  }

  static func random(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    randombytes_buf(&bytes, count)
    return bytes
  }
}

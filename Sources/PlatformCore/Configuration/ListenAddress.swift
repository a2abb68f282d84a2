/// The address of a server of this process: an IP address and a port.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// An IPv4 or IPv6 address, without brackets.
  public var host: String
  /// The port, 0 to 65535; 0 takes a free one.
  public var port: Int

  /// Creates an address.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Parses `127.0.0.1:9464`, `[::1]:9464` or `:9464`, which means all addresses; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      return nil
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    if host == "localhost" { host = "127.0.0.1" }
    self.init(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
  }

  /// The form that is parsed.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

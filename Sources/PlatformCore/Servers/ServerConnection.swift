import JSON

/// A client's connection, as its server reports it (CONNZ).
public struct ServerConnection: Sendable, Hashable {
  /// The id of the server.
  public var server: String
  /// The client id on that server.
  public var id: UInt64
  /// The remote address.
  public var address: String
  /// The name that the client chose.
  public var name: String
  /// The name in the JWT of the connection (``CalloutGrant``).
  public var grant: String
  /// The time since the last activity; servers report whole seconds.
  public var idle: Duration

  /// Creates a connection.
  public init(server: String, id: UInt64, address: String, name: String, grant: String, idle: Duration) {
    self.server = server
    self.id = id
    self.address = address
    self.name = name
    self.grant = grant
    self.idle = idle
  }

  /// Parses an element of a server's `connections`.
  init?(_ json: JSONValue, server: String) {
    guard let object = json.objectValue, let id = object["cid"]?.integerValue.flatMap({ UInt64(exactly: $0) })
    else { return nil }
    self.init(
      server: server, id: id, address: object["ip"]?.stringValue ?? "",
      name: object["name"]?.stringValue ?? "", grant: object["authorized_user"]?.stringValue ?? "",
      idle: Self.duration(object["idle"]?.stringValue ?? "") ?? .zero)
  }

  /// Parses a duration such as `1y2d3h4m5s`.
  static func duration(_ text: String) -> Duration? {
    // The longest that a server writes is far shorter; the sum of so few parts cannot overflow.
    guard text.utf8.count <= 32 else { return nil }
    var seconds: Int64 = 0
    var number: Int64?
    for byte in text.utf8 {
      if (0x30...0x39).contains(byte) {
        let digit = Int64(byte - 0x30)
        guard (number ?? 0) < 1_000_000_000 else { return nil }
        number = (number ?? 0) * 10 + digit
        continue
      }
      guard let count = number else { return nil }
      switch byte {
      case UInt8(ascii: "y"): seconds += count * 31_536_000
      case UInt8(ascii: "d"): seconds += count * 86_400
      case UInt8(ascii: "h"): seconds += count * 3600
      case UInt8(ascii: "m"): seconds += count * 60
      case UInt8(ascii: "s"): seconds += count
      default: return nil
      }
      number = nil
    }
    return number == nil && !text.isEmpty ? .seconds(seconds) : nil
  }
}

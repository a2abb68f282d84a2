import Loopback

/// Sends commands over a blocking socket and counts the results that come back.
final class Platform {
  private let connection: RawConnection

  init(port: UInt16) throws {
    connection = try RawConnection(port: port)
    connection.send("SUB \(AgentUnderTest.events) 1\r\nPING\r\n")
    connection.readUntil("PONG\r\n")
  }

  /// The bytes that send one command.
  static func command(_ operation: String, params: String = "{}") -> [UInt8] {
    let payload = """
      {"v":1,"id":"00000000-0000-4000-8000-000000000000","type":"command","agent_type":"vm",\
      "agent_uuid":"\(AgentUnderTest.uuid)","timestamp":1748000000,\
      "payload":{"operation":"\(operation)","params":\(params)}}
      """
    return Array("PUB \(AgentUnderTest.commands) \(payload.utf8.count)\r\n\(payload)\r\n".utf8)
  }

  /// The size of what the server makes of a command for its receiver.
  static func frame(of command: [UInt8]) -> Int {
    // MSG subject sid size instead of PUB subject size.
    command.count + "1 ".utf8.count
  }

  /// Waits until the agent says what it can do, which it does on connecting.
  func waitUntilConnected() {
    while connection.readCounting("\"type\":\"capabilities\"") == 0 {}
  }

  /// Sends and waits until so many results have come.
  func exchange(_ commands: [UInt8], results: Int) {
    connection.send(commands)
    var seen = 0
    while seen < results { seen += connection.readCounting("\"type\":\"result\"") }
  }
}

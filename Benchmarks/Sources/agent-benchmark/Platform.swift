import Loopback

/// Sends commands over a blocking socket and counts the results.
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

  /// The size of a command as the server delivers it.
  static func frame(of command: [UInt8]) -> Int {
    // MSG subject sid size instead of PUB subject size.
    command.count + "1 ".utf8.count
  }

  /// Waits for the capabilities, which the agent publishes after connecting.
  func waitUntilConnected() {
    while connection.readCounting("\"type\":\"capabilities\"") == 0 {}
  }

  /// Sends `commands` and waits for this number of results.
  func exchange(_ commands: [UInt8], results: Int) {
    connection.send(commands)
    var seen = 0
    while seen < results { seen += connection.readCounting("\"type\":\"result\"") }
  }
}

import NATS
import NATSTesting
import NIOCore
import Testing

@Suite struct ClientHandshakeTests {
  @Test func infoRightAfterTheFirstPongIsProcessed() async throws {
    let server = try await ScriptedServer(answer: { line, _ in
      line == "PING"
        ? "PONG\r\nINFO {\"server_id\":\"SCRIPT\",\"max_payload\":77,\"connect_urls\":[\"127.0.0.1:1\"]}\r\n"
        : nil
    })
    let client = try makeClient(configuration(server.url))
    let events = client.events
    try await running(client) {
      _ = try await events.first { event in
        if case .connected(1, _, let info) = event {
          info.maxPayload == 77 || info.maxPayload == 1000
        } else {
          false
        }
      }
      let deadline = ContinuousClock.now + testTimeout
      while true {
        if case .connected(_, _, let info) = client.state, info.maxPayload == 77 { break }
        try #require(ContinuousClock.now < deadline)
        await Task.yield()
      }
    }
  }

  @Test func silentServerTimesOutAndTheNextOneIsTried() async throws {
    let silent = try await ScriptedServer(greeting: { _ in nil })
    let half = try await ScriptedServer(answer: { _, _ in "" })
    let good = try await ScriptedServer()
    let client = try makeClient(
      configuration("\(silent.url),\(half.url),\(good.url)") {
        $0.connectTimeout = .seconds(1)
        $0.randomizeServers = false
      })
    let events = client.events
    try await running(client) {
      var failures: [NATSError.Code] = []
      let seen = try await events.collect(3)
      for case .connectFailed(_, let error, _) in seen { failures.append(error.code) }
      #expect(failures == [.timeout, .timeout])
      guard case .connected(_, let address, _) = seen[2] else {
        Issue.record("expected a connection, got \(seen[2])")
        return
      }
      #expect(address.description == good.url)
    }
  }

  @Test func plusOKIsTolerated() async throws {
    let server = try await ScriptedServer(answer: { line, _ in
      if line.hasPrefix("CONNECT") { return "+OK\r\n" }
      return line == "PING" ? "+OK\r\nPONG\r\n" : nil
    })
    try await withClient(configuration(server.url)) { client in
      try await client.flush()
    }
  }

  @Test func connectContainsNameAndVersion() async throws {
    let server = try await ScriptedServer()
    let configuration = try configuration(server.url) {
      $0.name = "agent \"x\""
      $0.credentials = { .userPassword("me", "secret") }
      $0.echo = false
    }
    try await withClient(configuration) { _ in
      let connect = try await server.lines.first { $0.hasPrefix("CONNECT ") }
      #expect(connect.contains("\"name\":\"agent \\\"x\\\"\""))
      #expect(connect.contains("\"user\":\"me\",\"pass\":\"secret\""))
      #expect(connect.contains("\"lang\":\"swift\""))
      #expect(connect.contains("\"verbose\":false,\"pedantic\":false"))
      #expect(connect.contains("\"protocol\":1,\"echo\":false,\"headers\":true,\"no_responders\":true"))
    }
  }

  @Test(arguments: [
    "HTTP/1.1 400 Bad Request\r\n\r\n", "MSG\r\n", "INFO nonsense\r\n", "PONG\r\n", "-ERR 'No'\r\n",
  ])
  func invalidGreetingClosesTheConnection(greeting: String) async throws {
    let server = try await ScriptedServer(greeting: { $0 == 1 ? greeting : ScriptedServer.info })
    let client = try makeClient(configuration(server.url))
    let events = client.events
    try await running(client) {
      let seen = try await events.collect(2)
      guard case .connectFailed = seen[0], case .connected(1, _, _) = seen[1] else {
        Issue.record("unexpected: \(seen)")
        return
      }
    }
  }

  @Test func invalidBytesCauseAReconnect() async throws {
    let server = try await ScriptedServer(answer: { line, _ in
      line.hasPrefix("PUB") ? "MSG x 1 999999999999\r\n" : nil
    })
    let client = try makeClient(configuration(server.url))
    let events = client.events
    try await running(client) {
      _ = try await events.first { if case .connected = $0 { true } else { false } }
      let later = client.events
      try client.publish([], to: "go")
      let seen = try await later.collect(2)
      guard case .disconnected(let error) = seen[0], case .connected(2, _, _) = seen[1] else {
        Issue.record("unexpected: \(seen)")
        return
      }
      #expect(error?.code == .protocolViolation)
    }
  }

  @Test func halfOpenConnectionIsDetected() async throws {
    let server = try await ScriptedServer()
    let mute = try await ScriptedServer(answer: { line, _ in line.hasPrefix("CONNECT") ? "PONG\r\n" : "" })
    let configuration = try configuration("\(mute.url),\(server.url)") {
      $0.pingInterval = .milliseconds(100)
      $0.randomizeServers = false
      $0.ignoreDiscoveredServers = true
    }
    let client = makeClient(configuration)
    let events = client.events
    try await running(client) {
      let seen = try await events.collect(3)
      guard case .connected = seen[0], case .disconnected(let error) = seen[1],
        case .connected(2, _, _) = seen[2]
      else {
        Issue.record("unexpected: \(seen)")
        return
      }
      #expect(error?.code == .staleConnection)
    }
  }

  @Test func suspendedServerIsDetected() async throws {
    let server = try await NATSServerProcess.start()
    let client = try makeClient(
      configuration(server.url) {
        $0.pingInterval = .milliseconds(100)
        $0.connectTimeout = .milliseconds(500)
      })
    let events = client.events
    try await running(client) {
      _ = try await events.first { if case .connected = $0 { true } else { false } }
      let later = client.events
      server.freeze()
      _ = try await later.first { if case .disconnected = $0 { true } else { false } }
      let afterwards = client.events
      server.thaw()
      _ = try await afterwards.first {
        if case .connected = $0 { true } else { false }
      }
    }
  }

  @Test func serverErrorsAreReported() async throws {
    let server = try await ScriptedServer(answer: { line, _ in
      line.hasPrefix("PUB") ? "-ERR 'Something Odd'\r\n" : nil
    })
    try await withClient(configuration(server.url)) { client in
      let events = client.events
      try client.publish([], to: "a")
      let event = try await events.first()
      guard case .serverError("Something Odd") = event else {
        Issue.record("unexpected: \(event)")
        return
      }
      try await client.flush()
    }
  }

  @Test func messagesForUnknownSubscriptionsAreIgnored() async throws {
    let server = try await ScriptedServer(answer: { line, _ in
      guard line.hasPrefix("SUB") else { return nil }
      let sid = line.split(separator: " ").last ?? ""
      return "MSG a 999 2\r\nno\r\nMSG a \(sid) 3\r\nyes\r\n"
    })
    try await withClient(configuration(server.url)) { client in
      let message = try await client.subscribe(to: "a").first()
      #expect(String(buffer: message.payload) == "yes")
    }
  }
}

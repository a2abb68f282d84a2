import AgentProtocol
import Clocks
import JSON
import Loopback
import NATS
import NIOCore
import PlatformAPI
import PlatformCore

/// Times of queries from the submission by an operator to the result, one after another, for each part.
struct Latency {
  private let clock = ContinuousClock()
  private let uuid = Platform.uuid(1)

  func run(_ url: String, count: Int) async throws {
    try await Platform.run(url, agents: [uuid]) { _ in
      try await Platform.withClient(url) { operatorClient in
        try await Platform.withClient(url) { agent in
          try await measure(operatorClient, agent, count: count)
        }
      }
    }
  }

  private func measure(_ operatorClient: NATSClient, _ agent: NATSClient, count: Int) async throws {
    guard let identity = AgentUUID(uuid) else { throw BenchmarkFailure("no uuid: \(uuid)") }
    let subjects = AgentSubjects(identity)
    let writer = EnvelopeWriter(agent: identity)
    let commands = try agent.subscribe(to: subjects.commands)
    let done = try operatorClient.subscribe(to: PlatformSubjects.allDone(of: "bench"))
    try await agent.flush()
    try await operatorClient.flush()
    try agent.publish(
      writer.envelope(
        .capabilities, payload: ["operations": [], "agent_version": "1"], timestamp: UnixTime.now),
      to: subjects.events)
    let (arrivals, arrival) = AsyncStream<ContinuousClock.Instant>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await message in commands {
          let now = clock.now
          let command = try Envelope(parsing: Array(message.payload.readableBytesView))
          guard !command.isTime else { continue }
          arrival.yield(now)
          let result = ResultPayload(commandID: command.id, status: .completed, output: ["hostname": "web-1"])
          try agent.publish(
            writer.envelope(.result, payload: result.json, timestamp: UnixTime.now),
            to: command.replyTo ?? subjects.events)
        }
      }
      // The heartbeat makes the agent reachable, so that commands are sent at once.
      try agent.publish(
        writer.envelope(
          .heartbeat, payload: ["version": "1", "uptime_s": 100, "tasks_queued": 0], timestamp: UnixTime.now),
        to: subjects.events)
      var ends = done.makeAsyncIterator()
      var arrived = arrivals.makeAsyncIterator()
      var accepted: [Duration] = []
      var reached: [Duration] = []
      var ended: [Duration] = []
      let request = try APICoding.encode(Requests.Submit(agent: uuid, operation: "system.info"))
      for number in 0..<(count + 50) {
        let begun = clock.now
        async let reply = operatorClient.request(
          request, to: PlatformSubjects.request(.commandsSubmit, by: "bench"))
        guard let arrival = await arrived.next(), await ends.next() != nil else {
          throw BenchmarkFailure("no result")
        }
        let end = clock.now
        let answer = try await reply
        guard case .result? = APIReply(parsing: Array(answer.payload.readableBytesView)) else {
          throw BenchmarkFailure("refused: \(String(buffer: answer.payload))")
        }
        // The first ones warm up.
        guard number >= 50 else { continue }
        accepted.append(clock.now - begun)
        reached.append(arrival - begun)
        ended.append(end - begun)
      }
      report("submission to the agent", reached)
      report("submission to result", ended)
      report("submission to both answers", accepted)
      agent.close()
      group.cancelAll()
    }
  }

  private func report(_ what: String, _ times: [Duration]) {
    let sorted = times.sorted()
    func at(_ part: Double) -> String {
      let (seconds, attoseconds) = sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))].components
      let microseconds = (Double(seconds) * 1e6 + Double(attoseconds) * 1e-12).rounded()
      return "\(microseconds / 1000) ms"
    }
    print("\(what): p50 \(at(0.5)), p90 \(at(0.9)), p99 \(at(0.99)), max \(at(1))")
  }
}

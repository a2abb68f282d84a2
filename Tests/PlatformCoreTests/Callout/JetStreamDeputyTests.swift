import JSON
import NATS
import NATSTesting
import NIOCore
import Testing

@testable import PlatformCore

/// JetStream as a confused deputy: it publishes an acknowledgement to any reply subject that the publisher names, with the
/// permissions of the account. So the streams that capture messages of agents must not acknowledge.
@Suite("Agents and JetStream") struct JetStreamDeputyTests {
  static let uuid = "0b8f4e8e-51c6-4d0b-9d8e-1f2a3b4c5d6e"

  @Test(arguments: [false, true]) func acknowledgementsBypassPermissions(noAck: Bool) async throws {
    let keys = try CalloutRig.Keys()
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let server = try await NATSServerProcess.start { keys.configuration($0, storeIn: folder) }
    defer { server.stop() }
    try await CalloutRig.run(on: server, keys: keys) { rig in
      rig.directory.enroll(Self.uuid, token: "plsa_mine")
      let events = #"{"name":"EVENTS","storage":"memory","subjects":["agent.vm.*.evt"],"no_ack":\#(noAck)}"#
      let bucket = #"{"name":"KV_b","storage":"memory","subjects":["$KV.b.>"]}"#
      _ = try await rig.platform.request(Array(events.utf8), to: "$JS.API.STREAM.CREATE.EVENTS")
      _ = try await rig.platform.request(Array(bucket.utf8), to: "$JS.API.STREAM.CREATE.KV_b")
      for _ in 0..<3 { _ = try await rig.platform.request([1], to: "$KV.b.\(Self.uuid)") }
      try await withClient(rig.agent(Self.uuid, token: "plsa_mine")) { agent in
        for subject in [
          "$JS.API.STREAM.MSG.DELETE.KV_b", "$JS.API.STREAM.PURGE.KV_b", "$JS.API.STREAM.DELETE.KV_b",
          "$KV.b.\(Self.uuid)",
        ] {
          try await agent.publishAndFlush([1], to: "agent.vm.\(Self.uuid).evt", replyTo: subject)
        }
        // A message trace is published only where the publisher may publish.
        let headers = try NATSHeaders([("Nats-Trace-Dest", "$KV.b.\(Self.uuid)")])
        try agent.publish([1], to: "agent.vm.\(Self.uuid).evt", headers: headers)
        try await agent.flush()
      }
      // JetStream ignores requests without a reply subject, such as an acknowledgement; but streams store it like any message.
      let reply = try await rig.platform.request([], to: "$JS.API.STREAM.INFO.KV_b")
      let info = try JSONReader.parse(Array(reply.payload.readableBytesView)).objectValue
      #expect(info?["state"]?.objectValue?["messages"]?.integerValue == (noAck ? 3 : 4))
    }
  }
}

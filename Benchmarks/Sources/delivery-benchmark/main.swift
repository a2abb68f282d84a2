// The platform's delivery and fold, with a separate nats-server with JetStream on disk.
// swift run -c release delivery-benchmark [latency|fold]
let wanted = CommandLine.arguments.dropFirst().first
if wanted != "fold" {
  let server = try JetStreamServer()
  try await Latency().run(server.url, count: 2000)
}
if wanted != "latency" {
  let server = try JetStreamServer()
  try await Folding().run(server.url, agents: 2000, events: 200_000)
}

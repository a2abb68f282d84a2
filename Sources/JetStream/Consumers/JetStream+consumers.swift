import JSON

extension JetStream {
  /// Creates a consumer, or updates the one with the same name.
  ///
  /// - Throws: ``JetStreamError/Code/notFound`` if the stream does not exist; ``JetStreamError/Code/api(_:)`` if the consumer
  ///   can't be created or updated.
  public func createConsumer(
    stream: String, _ configuration: ConsumerConfiguration
  ) async throws(JetStreamError) -> Consumer {
    let info = try await createOrUpdateConsumer(stream: stream, configuration)
    return Consumer(jetStream: self, stream: stream, name: info.name)
  }

  /// Returns the consumer with a name.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func consumer(stream: String, name: String) async throws(JetStreamError) -> Consumer {
    _ = try await consumerInfo(stream: stream, name: name)
    return Consumer(jetStream: self, stream: stream, name: name)
  }

  /// Deletes a consumer.
  ///
  /// - Throws: ``JetStreamError/Code/notFound``.
  public func deleteConsumer(stream: String, name: String) async throws(JetStreamError) {
    try Name.check(stream, of: "stream")
    try Name.check(name, of: "consumer")
    _ = try await request(
      "CONSUMER.DELETE.\(stream).\(name)", about: "consumer \(name) of stream \(stream)", isRepeatable: false)
  }

  /// Returns the names of the consumers of a stream.
  ///
  /// - Throws: ``JetStreamError/Code/notFound`` if the stream does not exist.
  public func consumerNames(stream: String) async throws(JetStreamError) -> [String] {
    try Name.check(stream, of: "stream")
    var pages = Pages()
    var names: [String] = []
    while let offset = pages.next {
      let reply = try await request(
        "CONSUMER.NAMES.\(stream)", ["offset": JSONValue(offset)], about: "the consumers of stream \(stream)")
      let page = reply.texts("consumers")
      names += page
      pages.received(page.count, of: reply.count("total"))
    }
    return names
  }

  /// A sequence of the messages of a stream, in order and without gaps, across failures of connections and servers (ADR-17).
  public func orderedConsumer(
    stream: String, _ options: OrderedConsumerOptions = .init()
  ) -> OrderedConsumer {
    OrderedConsumer(jetStream: self, stream: stream, options: options)
  }

  func createOrUpdateConsumer(
    stream: String, _ configuration: ConsumerConfiguration
  ) async throws(JetStreamError) -> ConsumerInfo {
    try Name.check(stream, of: "stream")
    let name = configuration.name ?? Name.unique()
    try Name.check(name, of: "consumer")
    let what = "consumer \(name) of stream \(stream)"
    let body: JSONObject = [
      "stream_name": .string(stream), "config": .object(configuration.json(name: name)),
    ]
    let reply = try await request("CONSUMER.CREATE.\(stream).\(name)", body, about: what)
    guard let info = ConsumerInfo(reply) else { throw .unusable(what) }
    return info
  }

  func consumerInfo(stream: String, name: String) async throws(JetStreamError) -> ConsumerInfo {
    try Name.check(stream, of: "stream")
    try Name.check(name, of: "consumer")
    let what = "consumer \(name) of stream \(stream)"
    guard let info = ConsumerInfo(try await request("CONSUMER.INFO.\(stream).\(name)", about: what)) else {
      throw .unusable(what)
    }
    return info
  }
}

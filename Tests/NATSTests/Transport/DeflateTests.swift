import NATSTesting
import NIOCore
import Testing
import WebSocketProtocol

@testable import NATS

@Suite("permessage-deflate")
struct DeflateTests {
  private func inflate(_ pieces: [ByteBuffer], limit: Int = 1 << 20) throws -> ByteBuffer {
    let inflater = MessageInflater(maximumLength: limit)
    var output = ByteBuffer()
    for piece in pieces { try inflater.inflate(piece) { output.writeImmutableBuffer($0) } }
    try inflater.endMessage { output.writeImmutableBuffer($0) }
    return output
  }

  @Test func messageOfRFC7692() throws {
    // Section 7.2.3: "Hello" in one block, in two fragments, in a block without compression, with a last
    // block, and in two blocks.
    for bytes: [UInt8] in [
      [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
      [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
      [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
      [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
    ] {
      #expect(String(buffer: try inflate([ByteBuffer(bytes: bytes)])) == "Hello")
      #expect(String(buffer: try inflate(bytes.map { ByteBuffer(bytes: [$0]) })) == "Hello")
    }
  }

  @Test func roundTripsWithoutContextTakeover() throws {
    let deflater = MessageDeflater()
    let inflater = MessageInflater(maximumLength: 1 << 20)
    var generator = SplitMix64(seed: 1)
    for length in [64, 65, 1000, 4096, 65_535, 65_536] {
      let message = ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 97...104, using: &generator) })
      let deflated = try #require(deflater.deflate(message))
      #expect(deflated.readableBytes < length)
      // Without context takeover, the same message yields the same bytes.
      #expect(deflater.deflate(message) == deflated)
      var output = ByteBuffer()
      try inflater.inflate(deflated) { output.writeImmutableBuffer($0) }
      try inflater.endMessage { output.writeImmutableBuffer($0) }
      #expect(output == message)
    }
  }

  @Test func incompressibleMessagesAreNotCompressed() {
    var generator = SplitMix64(seed: 2)
    let deflater = MessageDeflater()
    for length in [64, 1000, 65_536] {
      let noise = ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
      #expect(deflater.deflate(noise) == nil)
    }
    #expect(deflater.deflate(ByteBuffer(repeating: 0, count: MessageDeflate.maximumLength + 1)) == nil)
    #expect(deflater.deflate(ByteBuffer(repeating: 0, count: 100)) != nil)
  }

  @Test func decompressionIsLimited() throws {
    let deflater = MessageDeflater()
    let zeros = try #require(deflater.deflate(ByteBuffer(repeating: 0, count: 65_536)))
    #expect(zeros.readableBytes < 400)
    let limit = 100_000
    var largest = 0
    var total = 0
    let inflater = MessageInflater(maximumLength: limit)
    #expect(throws: MessageInflater.Failure.tooLong(limit)) {
      for _ in 0..<100 {
        try inflater.inflate(zeros) {
          largest = max(largest, $0.readableBytes)
          total += $0.readableBytes
        }
        // The removed empty block, so that the next piece continues the same message.
        try inflater.inflate(ByteBuffer(bytes: [0, 0, 0xFF, 0xFF])) { total += $0.readableBytes }
      }
    }
    #expect(total <= limit)
    #expect(largest <= 32 * 1024)
  }

  @Test func corruptBytesThrow() throws {
    #expect(throws: MessageInflater.Failure.corrupt) { try inflate([ByteBuffer(bytes: [0xFF, 0xFF, 0xFF])]) }
    var generator = SplitMix64(seed: 3)
    let deflater = MessageDeflater()
    let good = try #require(deflater.deflate(ByteBuffer(string: String(repeating: "telemetry ", count: 50))))
    for _ in 0..<5000 {
      var bad = good
      let index = Int.random(in: 0..<bad.readableBytes, using: &generator)
      bad.setInteger(UInt8.random(in: 0...255, using: &generator), at: index)
      // Some changes still yield a valid stream. None may crash or exceed the limit.
      if let output = try? inflate([bad], limit: 10_000) { #expect(output.readableBytes <= 10_000) }
    }
  }
}

import NATSTesting
import Testing
import WebSocketProtocol

@Suite("WebSocket frames from the client")
struct WebSocketFrameHeaderTests {
  private func encode(_ header: WebSocketFrameHeader, key: UInt32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: WebSocketFrameHeader.maximumLength) { bytes, count in
      count = header.encode(WebSocketMask(key: key), to: UnsafeMutableRawBufferPointer(bytes))
    }
  }

  @Test(
    arguments: [
      (0, [0x80]), (125, [0xFD]), (126, [0xFE, 0, 126]), (0xFFFF, [0xFE, 0xFF, 0xFF]),
      (0x10000, [0xFF, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func lengths(length: Int, expected: [UInt8]) {
    let key: [UInt8] = [4, 3, 2, 1]
    let binary = WebSocketFrameHeader(opcode: .binary, length: length)
    #expect(encode(binary, key: 0x0102_0304) == [0x82] + expected + key)
    let compressed = WebSocketFrameHeader(opcode: .binary, length: length, isCompressed: true)
    #expect(encode(compressed, key: 0x0102_0304) == [0xC2] + expected + key)
  }

  @Test func maskingMatchesTheSpecification() {
    var generator = SplitMix64(seed: 7)
    for _ in 0..<500 {
      let key = UInt32.random(in: .min ... .max, using: &generator)
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let offset = Int.random(in: 0...10, using: &generator)
      var masked = bytes
      masked.withUnsafeMutableBytes { WebSocketMask(key: key).apply(to: $0, offset: offset) }
      let keyBytes = Array(encode(WebSocketFrameHeader(opcode: .pong, length: 0), key: key).suffix(4))
      #expect(masked == bytes.enumerated().map { $1 ^ keyBytes[($0 + offset) % 4] })
    }
  }
}

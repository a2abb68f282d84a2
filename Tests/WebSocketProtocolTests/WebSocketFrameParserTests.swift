import NATSTesting
import Testing
import WebSocketProtocol

@Suite("WebSocket frames from the server")
struct WebSocketFrameParserTests {
  typealias Violation = WebSocketFrameParser.Violation

  /// An event with its payload.
  private enum Event: Equatable {
    case data([UInt8], compressed: Bool)
    case endOfMessage(compressed: Bool)
    case ping([UInt8])
    case pong
    case close(code: UInt16?, reason: String)
  }

  /// A receive buffer and its parser.
  private struct Stream {
    private var buffer: [UInt8] = []
    private var parser: WebSocketFrameParser

    init(compressionAllowed: Bool, maximumFrameLength: Int) {
      parser = WebSocketFrameParser(
        compressionAllowed: compressionAllowed, maximumFrameLength: maximumFrameLength)
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
      buffer += bytes
    }

    mutating func next() throws(Violation) -> Event? {
      let bytes = buffer
      var parser = parser
      var consumed = 0
      let result: Result<WebSocketFrameParser.Event?, Violation> = bytes.withUnsafeBytes { bytes in
        do throws(Violation) {
          return .success(try parser.next(in: bytes, at: &consumed))
        } catch {
          return .failure(error)
        }
      }
      self.parser = parser
      buffer.removeFirst(consumed)
      switch try result.get() {
      case .data(let range, let compressed): return .data(Array(bytes[range]), compressed: compressed)
      case .endOfMessage(let compressed): return .endOfMessage(compressed: compressed)
      case .ping(let range): return .ping(Array(bytes[range]))
      case .pong: return .pong
      case .close(let code, let reason): return .close(code: code, reason: reason)
      case nil: return nil
      }
    }
  }

  /// Parses pieces and joins adjacent data events, so that the result does not depend on the split.
  private func parse(
    _ pieces: [[UInt8]], compression: Bool = false, limit: Int = 1 << 20
  ) throws -> [Event] {
    var parser = Stream(compressionAllowed: compression, maximumFrameLength: limit)
    var events: [Event] = []
    for piece in pieces {
      parser.append(piece)
      while let event = try parser.next() {
        if case .data(let new, let compressed) = event, case .data(var old, _)? = events.last {
          old += new
          events[events.count - 1] = .data(old, compressed: compressed)
        } else {
          events.append(event)
        }
      }
    }
    return events
  }

  private func parse(_ bytes: [UInt8], compression: Bool = false, limit: Int = 1 << 20) throws
    -> [Event]
  {
    try parse([bytes], compression: compression, limit: limit)
  }

  private func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
    switch payload.count {
    case ...125: [first, UInt8(payload.count)] + payload
    case ...0xFFFF: [first, 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
    default:
      [first, 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) } + payload
    }
  }

  @Test func anySplit() throws {
    // A message in three fragments with a ping and a pong between them, then another message and the end.
    let stream =
      frame(0x02, Array("one".utf8)) + frame(0x89, Array("hi".utf8)) + frame(0x00, []) + frame(0x8A, [])
      + frame(0x80, Array("two".utf8)) + frame(0x82, [UInt8](repeating: 7, count: 130))
      + frame(0x88, [0x03, 0xE9] + Array("bye".utf8))
    let expected: [Event] = [
      .data(Array("one".utf8), compressed: false), .ping(Array("hi".utf8)), .pong,
      .data(Array("two".utf8), compressed: false), .endOfMessage(compressed: false),
      .data([UInt8](repeating: 7, count: 130), compressed: false), .endOfMessage(compressed: false),
      .close(code: 1001, reason: "bye"),
    ]
    for first in 0...stream.count {
      for second in stride(from: first, through: stream.count, by: 5) {
        let pieces = [stream[..<first], stream[first..<second], stream[second...]].map {
          Array($0)
        }
        #expect(try parse(pieces) == expected)
      }
    }
    #expect(try parse(stream.map { [$0] }) == expected)
  }

  @Test(arguments: [0, 1, 125, 126, 127, 0xFFFF, 0x10000, 200_000])
  func lengths(count: Int) throws {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let data: [Event] =
      count == 0 ? [] : [.data(payload, compressed: false)]
    #expect(try parse(frame(0x82, payload)) == data + [.endOfMessage(compressed: false)])
  }

  @Test func compressionAppliesToAllFragments() throws {
    let stream = frame(0x42, [1]) + frame(0x80, [2]) + frame(0x82, [3])
    #expect(
      try parse(stream, compression: true) == [
        .data([1, 2], compressed: true), .endOfMessage(compressed: true),
        .data([3], compressed: false), .endOfMessage(compressed: false),
      ])
  }

  @Test(
    arguments: [
      ([0x81, 0x00], 1003),  // text
      ([0x01, 0x00], 1003),  // text, first fragment
      ([0xA2, 0x00], 1002), ([0x92, 0x00], 1002),  // reserved bits
      ([0xC2, 0x00], 1002),  // compressed without agreement
      ([0xC9, 0x00], 1002),  // compressed ping
      // unknown opcodes
      ([0x83, 0x00], 1002), ([0x87, 0x00], 1002), ([0x8B, 0x00], 1002), ([0x8F, 0x00], 1002),
      ([0x82, 0x80], 1002), ([0x82, 0x81, 0, 0, 0, 0, 0], 1002),  // masked
      ([0x80, 0x00], 1002), ([0x00, 0x00], 1002),  // continuation of nothing
      ([0x02, 0x00, 0x82, 0x00], 1002),  // a message within a message
      ([0x09, 0x00], 1002), ([0x08, 0x00], 1002),  // control frame in pieces
      ([0x89, 0x7E, 0x00, 0x7E], 1002), ([0x89, 0x7F], 1002),  // long control frame
      ([0x82, 0x7E, 0x00, 0x7D], 1002),  // not the shortest form
      ([0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 1002),
      ([0x82, 0x7F, 0, 0, 0, 0, 0, 0x10, 0x00, 0x01], 1009),  // one above the limit
      ([0x82, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1009),
      ([0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009),
      ([0x88, 0x01, 0x03], 1002),  // close with half a status
      ([0x88, 0x02, 0x03, 0xED], 1002), ([0x88, 0x02, 0x00, 0x00], 1002), ([0x88, 0x02, 0xFF, 0xFF], 1002),
    ] as [([UInt8], UInt16)])
  func violations(bytes: [UInt8], closeCode: UInt16) {
    let atOnce = #expect(throws: Violation.self) { try parse(bytes) }
    #expect(atOnce?.closeCode == closeCode)
    let oneByOne = #expect(throws: Violation.self) { try parse(bytes.map { [$0] }) }
    #expect(oneByOne == atOnce)
  }

  @Test func violationsArePermanent() {
    var parser = Stream(compressionAllowed: false, maximumFrameLength: 100)
    parser.append([0x81, 0x00])
    #expect(throws: Violation.self) { try parser.next() }
    parser.append([0x82, 0x00])
    #expect(throws: Violation.self) { try parser.next() }
  }

  @Test func reasonsArePrintable() throws {
    let reason = Array("a\u{1B}[31m\nb".utf8)
    #expect(try parse(frame(0x88, [0x03, 0xE8] + reason)) == [.close(code: 1000, reason: "a[31mb")])
    #expect(try parse([0x88, 0x00]) == [.close(code: nil, reason: "")])
  }

  @Test func randomBytesNeverCrash() {
    var generator = SplitMix64(seed: 42)
    for _ in 0..<20_000 {
      var parser = Stream(
        compressionAllowed: Bool.random(using: &generator), maximumFrameLength: 1000)
      do {
        for _ in 0..<4 {
          let count = Int.random(in: 0...20, using: &generator)
          // Small values make valid headers likely.
          let bytes = (0..<count).map { _ in
            Bool.random(using: &generator)
              ? UInt8.random(in: 0...3, using: &generator) | 0x80
              : UInt8.random(in: 0...255, using: &generator)
          }
          parser.append(bytes)
          while try parser.next() != nil {}
        }
      } catch {
        #expect([1002, 1003, 1009].contains(error.closeCode))
      }
    }
  }
}

import Glibc
import NATSProtocol
import NATSTesting
import Testing

/// Random splits of a valid stream yield the same operations as the whole stream. Damaged bytes never crash the parser.
///
/// `NATS_PARSER_ROUNDS` sets the number of splits; the default keeps the suite fast.
@Suite struct ServerOperationParserFuzzTests {
  private static let rounds = getenv("NATS_PARSER_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 100_000

  @Test func randomSplits() throws {
    var random = SplitMix64(seed: 20_260_101)
    let bytes = Array(ServerOperationParserTests.stream.utf8)
    let count = ServerOperationParserTests.expected.count
    let before = residentBytes()
    var splits = 0
    while splits < Self.rounds {
      var parser = OperationStream()
      var found = 0
      var index = 0
      while index < bytes.count {
        let end = min(bytes.count, index + Int.random(in: 1...40, using: &random))
        parser.append(bytes[index..<end])
        while try parser.next() != nil { found += 1 }
        index = end
        splits += 1
      }
      #expect(found == count)
      #expect(parser.pendingBytes == 0)
    }
    #expect(residentBytes() - before < 64 << 20)
  }

  @Test func damagedBytes() {
    var random = SplitMix64(seed: 7)
    let good = Array(ServerOperationParserTests.stream.utf8)
    let before = residentBytes()
    var refused = 0
    for _ in 0..<(Self.rounds / 10) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(UInt8.random(in: 0x20...0x7e, using: &random), at: index)
        default: bytes.replaceSubrange(index..<min(bytes.count, index + 9), with: bytes[0..<9])
        }
      }
      var parser = OperationStream()
      var index = 0
      do {
        while index < bytes.count {
          let end = min(bytes.count, index + Int.random(in: 1...100, using: &random))
          parser.append(bytes[index..<end])
          while try parser.next() != nil {}
          index = end
        }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 0)
    #expect(residentBytes() - before < 64 << 20)
  }

  @Test func noise() {
    var random = SplitMix64(seed: 99)
    for _ in 0..<(Self.rounds / 10) {
      var parser = OperationStream()
      let bytes = (0..<Int.random(in: 1...200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      parser.append(bytes)
      do {
        while try parser.next() != nil {}
      } catch {
        #expect(error.code == .protocolViolation)
      }
    }
  }

  /// Resident memory of the process (proc_pid_statm(5)).
  private func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (Int(text.split(separator: " ")[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

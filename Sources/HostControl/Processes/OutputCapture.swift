/// Collects a stream within a fixed memory: the first bytes and the last bytes of it.
struct OutputCapture {
  private let headLimit: Int
  private let tailLimit: Int
  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  /// The oldest byte of a full `tail`, which then is a ring.
  private var tailStart = 0
  private(set) var totalBytes: UInt64 = 0

  init(limit: Int) {
    let limit = max(limit, 0)
    headLimit = limit - limit / 2
    tailLimit = limit / 2
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    totalBytes &+= UInt64(bytes.count)
    let headPart = min(headLimit - head.count, bytes.count)
    if headPart > 0 { head.append(contentsOf: bytes[..<headPart]) }
    appendToTail(UnsafeRawBufferPointer(rebasing: bytes[max(headPart, 0)...].suffix(tailLimit)))
  }

  private mutating func appendToTail(_ bytes: UnsafeRawBufferPointer) {
    let growth = min(tailLimit - tail.count, bytes.count)
    if growth > 0 { tail.append(contentsOf: bytes[..<growth]) }
    var rest = UnsafeRawBufferPointer(rebasing: bytes[growth...])
    while !rest.isEmpty {
      let step = min(rest.count, tailLimit - tailStart)
      tail.withUnsafeMutableBytes { ring in
        UnsafeMutableRawBufferPointer(rebasing: ring[tailStart..<tailStart + step])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<step]))
      }
      tailStart = (tailStart + step) % tailLimit
      rest = UnsafeRawBufferPointer(rebasing: rest[step...])
    }
  }

  var output: CapturedOutput {
    var bytes = head
    bytes.reserveCapacity(head.count + tail.count)
    bytes.append(contentsOf: tail[tailStart...])
    bytes.append(contentsOf: tail[..<tailStart])
    let isWhole = totalBytes == UInt64(bytes.count)
    return CapturedOutput(
      bytes: bytes, headCount: isWhole ? bytes.count : head.count, totalBytes: totalBytes)
  }
}

/// Captures the first and the last bytes of a stream in bounded memory.
struct OutputCapture {
  private var headLimit: Int
  /// Constant once `tail` is full.
  private var tailLimit: Int
  private let account: OutputBudget.Account?
  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  /// The oldest byte of `tail`, which is a ring buffer once it is full.
  private var tailStart = 0
  private(set) var totalBytes: UInt64 = 0

  /// - Parameters:
  ///   - limit: The most bytes to keep.
  ///   - account: The account of the bytes beyond ``OutputBudget/guaranteedBytes``; nil = no budget.
  init(limit: Int, account: OutputBudget.Account? = nil) {
    let limit = max(limit, 0)
    self.account = account
    headLimit = limit - limit / 2
    tailLimit = limit / 2
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    totalBytes &+= UInt64(bytes.count)
    let headPart = Self.growth(of: head.count, to: &headLimit, by: bytes.count, from: account)
    if headPart > 0 { head.append(contentsOf: bytes[..<headPart]) }
    appendToTail(UnsafeRawBufferPointer(rebasing: bytes[max(headPart, 0)...].suffix(tailLimit)))
  }

  /// The number of bytes, of `count`, by which a part grows. When the budget is exhausted, its limit is set to its size.
  private static func growth(
    of size: Int, to limit: inout Int, by count: Int, from account: OutputBudget.Account?
  ) -> Int {
    let wanted = min(limit - size, count)
    guard let account, wanted > 0 else { return wanted }
    let free = min(wanted, max(0, OutputBudget.guaranteedBytes / 2 - size))
    let granted = free + account.take(wanted - free)
    if granted < wanted { limit = size + granted }
    return granted
  }

  private mutating func appendToTail(_ bytes: UnsafeRawBufferPointer) {
    let growth = Self.growth(of: tail.count, to: &tailLimit, by: bytes.count, from: account)
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

/// Classification of the bytes after the last valid frame of a segment.
extension JournalSegment {
  /// The largest number of zero bytes at the end of a record: those of the start time and PID of a process.
  private static let zerosInRecord = 11

  /// Whether the bytes after the last valid frame are a torn write, on which no result depended. Otherwise they are damage.
  ///
  /// A torn frame lacks bytes; after a power loss, the missing bytes may be zeros up to the end of the file. Doubtful cases count as
  /// damage: then commands that may have run are rejected.
  ///
  /// - Parameter end: The end of the last valid frame.
  static func isTorn(_ descriptor: Int32, from end: Int, size: Int) -> Bool {
    let present = lengthWithoutZeros(descriptor, from: end, size: size)
    guard present >= JournalFrame.prefixSize else { return true }
    let bytes = JournalFile.read(
      descriptor, min(size - end, JournalFrame.prefixSize + JournalFrame.maximumRecord), at: end)
    guard let frame = JournalFrame(bytes.prefix(JournalFrame.prefixSize)) else { return false }
    let rest = bytes.dropFirst(JournalFrame.prefixSize)
    let written = present - JournalFrame.prefixSize
    /// Whether a record of this length was written completely. Without a result after it, it may end with zeros itself.
    func isWhole(_ length: Int) -> Bool {
      length <= written
        || length - written <= zerosInRecord && (frame.resultSize == 0 || rest.count == length)
    }
    let record = rest.prefix(frame.recordSize)
    guard record.count == frame.recordSize else {
      // A valid record that is shorter than its length field: the length field is damaged.
      return !(JournalRecord(rest).map { isWhole($0.bytes.count) } ?? false)
    }
    return frame.record(record) == nil ? !isWhole(frame.recordSize) : frame.size > present
  }

  /// The number of bytes before the trailing zeros.
  private static func lengthWithoutZeros(_ descriptor: Int32, from end: Int, size: Int) -> Int {
    let step = 64 << 10
    var upper = size
    while upper > end {
      let lower = max(end, upper - step)
      let bytes = JournalFile.read(descriptor, upper - lower, at: lower)
      if let last = bytes.lastIndex(where: { $0 != 0 }) { return lower + last + 1 - end }
      upper = lower
    }
    return 0
  }
}

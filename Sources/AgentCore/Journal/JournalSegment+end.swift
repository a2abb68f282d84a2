/// How the end of a segment after its last good frame is read.
extension JournalSegment {
  /// The most zero bytes that a record ends with: those of a process's start time and PID.
  private static let zerosInRecord = 11

  /// Whether what follows the last good frame was never written to its end: then no answer depended on it. Else it was written and is
  /// damaged.
  ///
  /// A frame that lacks bytes was not written to its end, and after a power loss the missing bytes may be zeros up to the end of the
  /// file. In doubt it is damaged: then commands are refused that may have run.
  ///
  /// - Parameter end: Where the last good frame ends.
  static func isTorn(_ descriptor: Int32, from end: Int, size: Int) -> Bool {
    let present = lengthWithoutZeros(descriptor, from: end, size: size)
    guard present >= JournalFrame.prefixSize else { return true }
    let bytes = JournalFile.read(
      descriptor, min(size - end, JournalFrame.prefixSize + JournalFrame.maximumRecord), at: end)
    guard let frame = JournalFrame(bytes.prefix(JournalFrame.prefixSize)) else { return false }
    let rest = bytes.dropFirst(JournalFrame.prefixSize)
    let written = present - JournalFrame.prefixSize
    /// Whether a record of that length was written. Where no result follows, it may itself end with zeros.
    func isWhole(_ length: Int) -> Bool {
      length <= written
        || length - written <= zerosInRecord && (frame.resultSize == 0 || rest.count == length)
    }
    let record = rest.prefix(frame.recordSize)
    guard record.count == frame.recordSize else {
      // What can be read as a record, and should be longer, has a wrong length.
      return !(JournalRecord(rest).map { isWhole($0.bytes.count) } ?? false)
    }
    return frame.record(record) == nil ? !isWhole(frame.recordSize) : frame.size > present
  }

  /// How many bytes there are, without the zeros at the end.
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

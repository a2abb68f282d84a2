import Glibc

/// Complete reads and writes at an offset of a file.
enum JournalFile {
  /// Reads `count` bytes; fewer at the end of the file or after an error.
  static func read(_ descriptor: Int32, _ count: Int, at offset: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let result = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
        if result < 0, errno == EINTR { continue }
        guard result > 0 else { return }
        filled += result
      }
    }
  }

  /// Writes all bytes.
  ///
  /// - Returns: 0, or an error number. After an error a part may have been written.
  static func write(_ descriptor: Int32, _ bytes: [UInt8], at offset: Int) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count, let base = buffer.baseAddress {
        let result = pwrite(descriptor, base + written, buffer.count - written, off_t(offset + written))
        if result < 0, errno == EINTR { continue }
        guard result > 0 else { return result == 0 ? ENOSPC : errno }
        written += result
      }
      return 0
    }
  }
}

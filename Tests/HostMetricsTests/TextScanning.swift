@testable import HostMetrics

/// Calls a closure with a scanner over a text.
func scanning<Result>(_ text: String, _ body: (inout ByteScanner) throws -> Result) rethrows -> Result {
  var text = text
  return try text.withUTF8 { bytes in
    var scanner = ByteScanner(UnsafeRawBufferPointer(bytes))
    return try body(&scanner)
  }
}

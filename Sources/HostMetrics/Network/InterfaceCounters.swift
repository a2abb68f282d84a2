/// Counters of one interface since boot: a line of `/proc/net/dev` (proc_net(5)).
package struct InterfaceCounters: Sendable, Equatable {
  package var name: String
  package var receivedBytes: UInt64
  package var receiveErrors: UInt64
  package var sentBytes: UInt64
  package var transmitErrors: UInt64

  /// Parses a line; `nil` for the two heading lines, the loopback interface and truncated lines.
  package init?(_ line: inout ByteScanner) {
    line.skipBlanks()
    guard let name = line.text(before: UInt8(ascii: ":")), !name.equals("lo"),
      let receivedBytes = line.number(), line.number() != nil, let receiveErrors = line.number()
    else { return nil }
    for _ in 0..<5 where line.number() == nil { return nil }
    guard let sentBytes = line.number(), line.number() != nil, let transmitErrors = line.number()
    else { return nil }
    self.name = String(decoding: name, as: UTF8.self)
    self.receivedBytes = receivedBytes
    self.receiveErrors = receiveErrors
    self.sentBytes = sentBytes
    self.transmitErrors = transmitErrors
  }
}

/// The counters of one interface since boot, a line of `/proc/net/dev` (proc_net(5)).
struct InterfaceCounters: Sendable, Equatable {
  var name: String
  var receivedBytes: UInt64
  var receiveErrors: UInt64
  var sentBytes: UInt64
  var transmitErrors: UInt64

  /// Reads a line; `nil` for the two heading lines, an interface that is left out, or a line cut short.
  init?(_ line: inout ByteScanner) {
    line.skipBlanks()
    guard let name = line.text(before: UInt8(ascii: ":")), !isVirtual(name),
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

/// Whether an interface is the loopback or one that containers, bridges and traffic shaping create.
private func isVirtual(_ name: UnsafeRawBufferPointer) -> Bool {
  let scanner = ByteScanner(name)
  return name.equals("lo") || scanner.begins(with: "docker") || scanner.begins(with: "veth")
    || scanner.begins(with: "br-") || scanner.begins(with: "virbr") || scanner.begins(with: "vlan")
    || scanner.begins(with: "ifb") || scanner.begins(with: "dummy")
}

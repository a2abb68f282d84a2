package import Encoding

/// The counters of all interfaces at one point in time.
package struct NetworkSample: Sendable {
  package var time: MonotonicTime
  package var interfaces: [InterfaceCounters]

  package init(time: MonotonicTime, interfaces: [InterfaceCounters]) {
    self.time = time
    self.interfaces = interfaces
  }

  /// Parses `/proc/net/dev`, without the loopback interface.
  ///
  /// - Parameter isReported: whether an interface of this name is part of the sample.
  package init(time: MonotonicTime, _ content: ByteScanner, where isReported: (String) -> Bool) {
    var content = content
    var interfaces: [InterfaceCounters] = []
    while var line = content.line() {
      guard let interface = InterfaceCounters(&line), isReported(interface.name) else { continue }
      interfaces.append(interface)
    }
    self.init(time: time, interfaces: interfaces)
  }

  /// Rates since an earlier sample, for the interfaces in both samples.
  package func rates(since earlier: NetworkSample) -> [ExactString: InterfaceRates] {
    let seconds = time.seconds(since: earlier.time)
    var rates: [ExactString: InterfaceRates] = [:]
    for (index, now) in interfaces.enumerated() {
      let sameIndex = earlier.interfaces.indices.contains(index) ? earlier.interfaces[index] : nil
      let before =
        sameIndex?.name.hasSameBytes(as: now.name) == true
        ? sameIndex : earlier.interfaces.first { $0.name.hasSameBytes(as: now.name) }
      guard let before else { continue }
      rates[ExactString(now.name)] = InterfaceRates(
        received: rate(
          Double(increase(from: before.receivedBytes, to: now.receivedBytes)), over: seconds),
        sent: rate(Double(increase(from: before.sentBytes, to: now.sentBytes)), over: seconds))
    }
    return rates
  }

  /// The usage of each interface.
  ///
  /// - Parameters:
  ///   - rates: the rates of interfaces where known.
  ///   - attributes: the attributes of each interface of the sample, in its order; `nil` for an interface that no longer exists.
  package func usage(
    rates: [ExactString: InterfaceRates], attributes: [InterfaceAttributes?]
  ) -> [InterfaceUsage] {
    let stacked = InterfaceAttributes.stacked(attributes)
    return interfaces.indices.map { index in
      let interface = interfaces[index]
      let rate = rates.isEmpty ? nil : rates[ExactString(interface.name)]
      return InterfaceUsage(
        interface: interface.name, bytesSent: interface.sentBytes,
        bytesReceived: interface.receivedBytes, isUp: attributes[index]?.isUp ?? false,
        rxErrors: interface.receiveErrors, txErrors: interface.transmitErrors,
        rxBytesPerSecond: rate?.received, txBytesPerSecond: rate?.sent, isStacked: stacked[index])
    }
  }
}

/// Bytes per second of one interface.
package struct InterfaceRates: Sendable, Equatable {
  package var received: UInt64
  package var sent: UInt64

  package init(received: UInt64, sent: UInt64) {
    self.received = received
    self.sent = sent
  }
}

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

/// The counters of all interfaces at one point in time.
struct NetworkSample: Sendable {
  var time: MonotonicTime
  var interfaces: [InterfaceCounters]

  /// Rates since an earlier sample, for the interfaces in both samples.
  func rates(since earlier: NetworkSample) -> [String: InterfaceRates] {
    let seconds = time.seconds(since: earlier.time)
    var rates: [String: InterfaceRates] = [:]
    for (index, now) in interfaces.enumerated() {
      let sameIndex = earlier.interfaces.indices.contains(index) ? earlier.interfaces[index] : nil
      let before =
        sameIndex?.name == now.name ? sameIndex : earlier.interfaces.first { $0.name == now.name }
      guard let before else { continue }
      rates[now.name] = InterfaceRates(
        received: rate(
          Double(increase(from: before.receivedBytes, to: now.receivedBytes)), over: seconds),
        sent: rate(Double(increase(from: before.sentBytes, to: now.sentBytes)), over: seconds))
    }
    return rates
  }
}

/// Bytes per second of one interface.
struct InterfaceRates: Sendable, Equatable {
  var received: UInt64
  var sent: UInt64
}

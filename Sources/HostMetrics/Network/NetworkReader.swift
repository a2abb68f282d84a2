import Glibc

/// Reads interface counters from `/proc/net/dev` and flags from `/sys/class/net`.
struct NetworkReader {
  private let counters: KernelFile
  private let interfaceFolder: String

  init(_ files: HostFiles) {
    counters = KernelFile(files.proc + "/net/dev")
    interfaceFolder = files.sys + "/class/net/"
  }

  func sample(_ buffer: ReadBuffer) throws(MetricsError) -> NetworkSample {
    var content = try counters.read(into: buffer)
    var interfaces: [InterfaceCounters] = []
    while var line = content.line() {
      guard let interface = InterfaceCounters(&line) else { continue }
      if InterfaceLinks.isIgnored(interface.name, in: interfaceFolder) { continue }
      interfaces.append(interface)
    }
    return NetworkSample(time: .now(), interfaces: interfaces)
  }

  /// The usage of each interface: its counters, flags and links, and its rates if known.
  func usage(_ sample: NetworkSample, rates: [String: InterfaceRates]) -> [InterfaceUsage] {
    let stacked = InterfaceLinks.stacked(
      sample.interfaces.map { InterfaceLinks(of: $0.name, in: interfaceFolder) })
    return zip(sample.interfaces, stacked).map { interface, isStacked in
      let rate = rates[interface.name]
      return InterfaceUsage(
        interface: interface.name, bytesSent: interface.sentBytes,
        bytesReceived: interface.receivedBytes, isUp: isUp(interface.name),
        rxErrors: interface.receiveErrors, txErrors: interface.transmitErrors,
        rxBytesPerSecond: rate?.received, txBytesPerSecond: rate?.sent, isStacked: isStacked)
    }
  }

  /// `IFF_UP`, bit 0 of the hexadecimal flags; false for an interface that no longer exists.
  private func isUp(_ name: String) -> Bool {
    guard let folder = InterfaceLinks.folder(of: name, in: interfaceFolder),
      let last = InterfaceLinks.word(in: folder + "/flags").last,
      let digit = Character(UnicodeScalar(last)).hexDigitValue
    else { return false }
    return digit & 1 == 1
  }
}

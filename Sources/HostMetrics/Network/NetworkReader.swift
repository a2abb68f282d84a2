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
      if let interface = InterfaceCounters(&line) { interfaces.append(interface) }
    }
    return NetworkSample(time: .now(), interfaces: interfaces)
  }

  /// The sample with each interface's flag, and its rates where they are known.
  func usage(_ sample: NetworkSample, rates: [String: InterfaceRates]) -> [InterfaceUsage] {
    sample.interfaces.map { interface in
      let rate = rates[interface.name]
      return InterfaceUsage(
        interface: interface.name, bytesSent: interface.sentBytes,
        bytesReceived: interface.receivedBytes, isUp: isUp(interface.name),
        rxErrors: interface.receiveErrors, txErrors: interface.transmitErrors,
        rxBytesPerSecond: rate?.received, txBytesPerSecond: rate?.sent)
    }
  }

  /// `IFF_UP`, bit 0 of the hexadecimal flags; false for an interface that has just gone.
  private func isUp(_ name: String) -> Bool {
    guard !name.contains("/"), name != ".." else { return false }
    let file = open(interfaceFolder + name + "/flags", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var text: (UInt64, UInt64) = (0, 0)
    return withUnsafeMutableBytes(of: &text) { room in
      let count = read(file, room.baseAddress, room.count)
      guard count > 0 else { return false }
      let digits = room.prefix(count).prefix { $0 > 0x20 }
      guard let last = digits.last, let digit = Character(UnicodeScalar(last)).hexDigitValue else {
        return false
      }
      return digit & 1 == 1
    }
  }
}

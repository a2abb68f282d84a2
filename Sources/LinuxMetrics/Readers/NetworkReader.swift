import Encoding
import Glibc
import HostMetrics

/// Reads interface counters from `/proc/net/dev`, and attributes of interfaces from `/sys/class/net`.
struct NetworkReader {
  private let counters: KernelFile
  private let interfaces: String

  init(_ files: HostFiles) {
    counters = KernelFile(files.proc + "/net/dev")
    interfaces = files.sys + "/class/net/"
  }

  func sample(_ buffer: ReadBuffer) throws(MetricsError) -> NetworkSample {
    let content = try counters.read(into: buffer)
    return NetworkSample(time: .now(), content) { !isIgnored($0) }
  }

  /// The usage of each interface: its counters and attributes, and its rates if known.
  func usage(_ sample: NetworkSample, rates: [ExactString: InterfaceRates]) -> [InterfaceUsage] {
    sample.usage(rates: rates, attributes: sample.interfaces.map { attributes(of: $0.name) })
  }

  /// Whether the interface belongs to containers, bridges or traffic shaping, and is not reported.
  private func isIgnored(_ name: String) -> Bool {
    guard InterfaceName.hasIgnoredPrefix(name) else { return false }
    guard let folder = folder(of: name) else { return true }
    var node = stat()
    if lstat(folder + "/device", &node) == 0 { return false }
    guard InterfaceName.isNamedVLAN(name), let attributes = attributes(of: name) else { return true }
    return attributes.hasLower
  }

  /// Reads the folder of an interface; `nil` if it does not exist.
  private func attributes(of name: String) -> InterfaceAttributes? {
    guard let folder = folder(of: name), let directory = opendir(folder) else { return nil }
    defer { closedir(directory) }
    var attributes = InterfaceAttributes()
    while let entry = readdir(directory) {
      withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          attributes.add(entry: UnsafeRawBufferPointer(start: name, count: strlen(name)))
        }
      }
    }
    Self.withContent(of: folder + "/type") { attributes.add(type: $0) }
    Self.withContent(of: folder + "/uevent") { attributes.add(uevent: $0) }
    Self.withContent(of: folder + "/flags") { attributes.add(flags: $0) }
    return attributes
  }

  /// The folder of an interface; `nil` for a name that would lead outside of the folder of interfaces.
  private func folder(of name: String) -> String? {
    InterfaceName.isPathComponent(name) ? interfaces + name : nil
  }

  /// Calls a closure with the content of a small file, if it can be read.
  private static func withContent(of path: String, _ body: (UnsafeRawBufferPointer) -> Void) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { room in
      let count = read(file, room.baseAddress, room.count)
      if count > 0 { body(UnsafeRawBufferPointer(rebasing: room.prefix(count))) }
    }
  }
}

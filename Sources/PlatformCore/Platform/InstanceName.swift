import Glibc

/// The name of an instance: the host name and a random part, since several instances may run on one machine.
enum InstanceName {
  static func make() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, buffer.count - 1)
    let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let name = host.prefix(40).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" }
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(name) + "-" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}

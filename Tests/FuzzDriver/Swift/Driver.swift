import CLibFuzzer
import FuzzTargets
import Glibc

/// Gives libFuzzer the parser that FUZZ_TARGET names.
@main
struct Driver {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments) { Driver.run($0, $1) })
  }

  private static let target: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
      let names = FuzzTarget.all.map(\.name).joined(separator: " ")
      print("fuzz: FUZZ_TARGET has to name one of: \(names)")
      exit(2)
    }
    return target
  }()

  private static func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  }
}

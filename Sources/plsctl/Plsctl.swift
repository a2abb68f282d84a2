import Glibc
import OperatorCommands

@main struct Plsctl {
  static func main() async {
    let status = await PlsctlProgram.run(Array(CommandLine.arguments.dropFirst()), on: .system())
    exit(status.rawValue)
  }
}

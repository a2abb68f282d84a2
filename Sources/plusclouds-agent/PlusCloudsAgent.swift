import AgentCore
import Glibc

@main
struct PlusCloudsAgent {
  static func main() async {
    exit(await Invocation.perform(CommandLine.arguments.dropFirst()))
  }
}

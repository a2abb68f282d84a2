import ArgumentParser

/// How agents are named on the command line, and completed there.
enum AgentArgument {
  /// The help of an argument that names one.
  static let help = ArgumentHelp("A uuid, the beginning of one, or a host name.", valueName: "agent")

  /// Host names and uuids of the agents, if they can be had quickly.
  static let completion = CompletionKind.words { words in
    await AgentNames.all(context: contextName(in: words))
  }

  private static func contextName(in words: [String]) -> String? {
    guard let index = words.firstIndex(of: "--context"), index + 1 < words.count else { return nil }
    return words[index + 1]
  }
}

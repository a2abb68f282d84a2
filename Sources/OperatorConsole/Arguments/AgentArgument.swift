import ArgumentParser

/// Arguments that name an agent, and their completion.
enum AgentArgument {
  /// The help text of an argument that names one agent.
  static let help = ArgumentHelp("A uuid, the beginning of one, or a host name.", valueName: "agent")

  /// Completion with host names and uuids. Offers nothing if the platform does not answer in time.
  static let completion = CompletionKind.words { words in
    await AgentCompletion.all(context: contextName(in: words))
  }

  private static func contextName(in words: [String]) -> String? {
    guard let index = words.firstIndex(of: "--context"), index + 1 < words.count else { return nil }
    return words[index + 1]
  }
}

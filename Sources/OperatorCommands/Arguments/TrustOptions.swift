import ArgumentParser

/// The options of commands that print the certificates of a private certificate authority.
struct TrustOptions: ParsableArguments, Sendable {
  @Flag(help: "Also print the certificates of the context's private authority.")
  var withCa = false

  /// The certificates to print; nil if they are not requested or the context uses the system's trust store.
  ///
  /// - Throws: `configuration` if they cannot be read.
  func authority(of context: ConsoleContext) throws(ConsoleError) -> AuthorityFile? {
    guard withCa, let path = context.caFile else { return nil }
    return try AuthorityFile(path: path, otherwise: .configuration)
  }
}

/// The options of commands that print an `agent.yaml`.
struct AgentFileOptions: ParsableArguments, Sendable {
  @OptionGroup var trust: TrustOptions
  @Option(
    help: ArgumentHelp(
      "The file with the private authority's certificates on the agent's machine.", valueName: "file"))
  var agentCaFile = "/etc/plusclouds/ca.pem"

  func validate() throws {
    guard agentCaFile.hasPrefix("/") else {
      throw ValidationError(
        "--agent-ca-file takes an absolute path: the agent has another working folder")
    }
  }
}

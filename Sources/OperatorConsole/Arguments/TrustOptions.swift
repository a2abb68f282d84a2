import ArgumentParser

/// How the certificates of a private authority reach the machine that is to connect.
struct TrustOptions: ParsableArguments, Sendable {
  @Flag(help: "Print the certificates of the context's private authority, too.")
  var withCa = false

  /// The certificates to print; nil where none are wanted, or the context trusts the system's authorities.
  ///
  /// - Throws: configuration, when they cannot be read.
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
      "Where the agent's machine keeps the certificates of a private authority.", valueName: "file"))
  var agentCaFile = "/etc/plusclouds/ca.pem"

  func validate() throws {
    guard agentCaFile.hasPrefix("/") else {
      throw ValidationError(
        "--agent-ca-file takes an absolute path, as the agent's working folder is not this one")
    }
  }
}

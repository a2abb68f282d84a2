import ArgumentParser
import NATS
import PlatformAPI

extension Context {
  /// `plsctl context add`
  struct Add: ConsoleCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Add a context, or replace one.",
      discussion: """
        The token is read from --token-file or prompted for, because other users can see arguments. Before an existing context is
        replaced, plsctl asks, unless --replace is given. --ca-file is stored as an absolute path.

        EXAMPLES
          plsctl context add prod --url tls://nats.example.com:4222 --operator alice
          echo $TOKEN | plsctl context add ci --url nats://10.0.0.5 --operator ci --token-file - --use
        """)

    @Argument(help: "The name of the context.") var name: String
    @Option(help: "The NATS servers: nats://, tls://, ws:// or wss://, separated by commas.") var url: String
    @Option(name: .customLong("operator"), help: "The operator's name.") var operatorName: String
    @Option(help: "A file with the operator's token, - for standard input.", completion: .file())
    var tokenFile: String?
    @Option(help: "The certificates of a private authority.", completion: .file()) var caFile: String?
    @Flag(help: "Start TLS before the server's INFO, for servers with handshake_first.") var tlsFirst = false
    @Option(
      name: .customLong("server-name"),
      help: "An additional name that is accepted in a server's certificate; can be repeated.")
    var serverNames: [String] = []
    @Flag(help: "Use only the servers of --url, not those that they announce in INFO.") var noDiscover = false
    @Flag(help: "Make it the current context.") var use = false
    @Flag(help: "Replace an existing context without asking.") var replace = false

    func validate() throws {
      guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw ValidationError("a context's name consists of printable ASCII characters without spaces")
      }
      guard OperatorName.isValid(operatorName) else {
        throw ValidationError("\(operatorName.debugDescription) cannot be the name of an operator")
      }
      if let name = serverNames.first(where: { !NATSTLSConfiguration.isServerName($0) }) {
        throw ValidationError("--server-name: \(name.debugDescription) is not a host name or an IP address")
      }
      do throws(NATSError) {
        try context(token: "", caFile: caFile).tls.validate(for: try NATSServerAddress.list(url))
      } catch {
        throw ValidationError("--url: \(error.message)")
      }
    }

    private func context(token: String, caFile: String?) -> ConsoleContext {
      ConsoleContext(
        url: url, operatorName: operatorName, token: token, caFile: caFile, tlsFirst: tlsFirst ? true : nil,
        serverNames: serverNames.isEmpty ? nil : serverNames, discover: noDiscover ? false : nil)
    }

    /// Reads the file of `--ca-file` by its absolute path.
    ///
    /// - Throws: `usage` if it contains no certificates.
    private static func authority(_ path: String, on console: Console) throws(ConsoleError) -> AuthorityFile {
      guard let absolute = AbsolutePath.of(path, home: console.environment["HOME"]) else {
        throw ConsoleError(.usage, "--ca-file \(path): HOME is not set; give an absolute path")
      }
      do throws(ConsoleError) {
        return try AuthorityFile(path: absolute, otherwise: .usage)
      } catch {
        throw ConsoleError(.usage, "--ca-file: \(error.message)")
      }
    }

    func execute(on console: Console) async throws -> ExitStatus {
      var (store, file) = try ContextStore.read(on: console)
      let authority = try caFile.map { (path) throws(ConsoleError) in try Self.authority(path, on: console) }
      if let known = file[name] {
        let question = "replace the context \(name), which is \(known)"
        try console.confirm(question, isAgreed: replace, otherwise: "--replace")
      }
      let token: String
      if let tokenFile {
        token = try SecretFile.read(tokenFile, on: console)
      } else if console.canAsk {
        token = console.ask("token of \(operatorName): ", true) ?? ""
      } else {
        throw ConsoleError(
          .usage, "the token is missing: give --token-file, or --token-file - and write it to standard input")
      }
      guard token.utf8.count >= 32, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw ConsoleError(
          .usage, "that is not a token: 32 or more printable ASCII characters, without spaces")
      }
      try file.set(context(token: token, caFile: authority?.path), named: name)
      if use || file.current == nil { file.current = name }
      try store.save(file)
      console.print(
        "\(name) is saved in \(TerminalText.line(store.path))"
          + (file.isCurrent(name) ? " and is current" : "")
      )
      return .done
    }
  }
}

import PlatformAPI

/// Selects the context: the one of `--context`; otherwise the current one, overridden by `PLSCTL_URL`, `PLSCTL_OPERATOR`,
/// `PLSCTL_TOKEN` and `PLSCTL_CA_FILE`. A relative `PLSCTL_CA_FILE` is resolved against the working folder, a relative `ca_file`
/// against the folder of the contexts file.
struct ContextChoice: Sendable {
  /// The name of the context; nil if it is taken from the environment.
  var name: String?
  var context: ConsoleContext
  /// A warning about the permissions of the contexts file.
  var warning: String?

  /// Selects a context.
  ///
  /// - Throws: `configuration`.
  init(named wanted: String?, environment: [String: String]) throws(ConsoleError) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let overrides = wanted == nil
    let url = overrides ? value("PLSCTL_URL") : nil
    let operatorName = overrides ? value("PLSCTL_OPERATOR") : nil
    let token = overrides ? value("PLSCTL_TOKEN") : nil
    let caFile = (overrides ? value("PLSCTL_CA_FILE") : nil).map {
      AbsolutePath.of($0, home: value("HOME")) ?? $0
    }
    if let url, let operatorName, let token {
      context = ConsoleContext(url: url, operatorName: operatorName, token: token, caFile: caFile)
      return
    }
    let store = try ContextStore(environment: environment)
    guard let (file, warning) = try store.load() else {
      if url ?? operatorName ?? token != nil {
        let missing = ["PLSCTL_URL": url, "PLSCTL_OPERATOR": operatorName, "PLSCTL_TOKEN": token]
          .filter { $0.value == nil }.keys.sorted().joined(separator: " and ")
        throw ConsoleError(
          .configuration,
          "\(missing) is not set, and there are no contexts yet (\(store.path)) to take it from")
      }
      throw ConsoleError(
        .configuration,
        "there are no contexts yet (\(store.path)): start plusclouds-platform dev, or add one with plsctl context add"
      )
    }
    guard let name = wanted ?? file.current else {
      throw ConsoleError(
        .configuration, "no context is selected: plsctl context use NAME (plsctl context list shows them)")
    }
    self.name = name
    self.warning = warning
    context = try file.context(name)
    context.caFile = context.caFile.map {
      AbsolutePath.of($0, in: store.folder, home: value("HOME")) ?? $0
    }
    if let url { context.url = url }
    if let operatorName { context.operatorName = operatorName }
    if let token { context.token = token }
    if let caFile { context.caFile = caFile }
  }
}

internal import AgentProtocol
internal import Locks

/// Reads the configuration: the file, over it the environment, over both the identity on the config drive.
///
/// The file found by the first ``load()`` is the one that is read again later: when it has vanished by then, that is
/// an error and not a return to the defaults, which might allow more.
final class ConfigurationLoader: Sendable {
  /// The identity as it stands now.
  struct IdentityReading: Sendable, Equatable {
    /// Who to connect as.
    var identity: AgentIdentity
    /// What went wrong, told once for each time that it begins to.
    var warnings: [ConfigurationWarning]
  }

  private struct Memory {
    var path: String?
    /// What a file that is read again is compared with; nil before the first.
    var inUse: SettingsInUse?
    /// Of file and environment, as last read without an error.
    var configured = AgentIdentity()
    var mountPath = ConfigDriveSettings().mountPath
    /// As last read; a drive that is taken out later leaves its identity behind.
    var drive: ConfigDrive?
    var toldOfFile = false
    var toldOfDrive = false
  }

  private let explicitPath: String?
  private let environment: [String: String]
  private let searchPaths: [String]
  private let memory = Locked(Memory())

  /// A loader that has read nothing yet.
  ///
  /// - Parameters:
  ///   - explicitPath: The argument of `--config`: the only file to read, which must exist.
  ///   - environment: The process's variables.
  ///   - searchPaths: Where to look without `explicitPath`; ``defaultSearchPaths(home:)`` with `HOME` when `nil`.
  init(
    explicitPath: String? = nil,
    environment: [String: String] = ProcessEnvironment.current(),
    searchPaths: [String]? = nil
  ) {
    self.explicitPath = explicitPath
    self.environment = environment
    self.searchPaths = searchPaths ?? Self.defaultSearchPaths(home: environment["HOME"])
  }

  /// A loader that has read nothing yet, as that of the next process.
  func afterRestart() -> ConfigurationLoader {
    ConfigurationLoader(explicitPath: explicitPath, environment: environment, searchPaths: searchPaths)
  }

  /// Where the file is looked for, the first that exists counts.
  ///
  /// - Parameter home: `HOME`; absent, empty or relative, it is passed over.
  static func defaultSearchPaths(home: String?) -> [String] {
    var paths = ["/etc/plusclouds/agent.yaml"]
    if let home, home.hasPrefix("/") { paths.append(home + "/.plusclouds/agent.yaml") }
    return paths + ["./configs/agent.yaml", "./agent.yaml"]
  }

  /// Reads everything, at start and for SIGHUP.
  ///
  /// - Throws: ``ConfigurationError``; the settings in use should stay then.
  func load() throws(ConfigurationError) -> LoadedConfiguration {
    let result = memory.withLock { memory -> Result<LoadedConfiguration, ConfigurationError> in
      do throws(ConfigurationError) {
        return .success(try load(&memory))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Reads id and key again, as before each connection. Never fails: what can't be read just now stays as it was.
  func reloadIdentity() -> IdentityReading {
    memory.withLock { memory in
      var warnings: [ConfigurationWarning] = []
      do throws(ConfigurationError) {
        let layers = try layers(memory)
        var decoder = SettingDecoder(layers.settings)
        let configured = AgentIdentity(
          agentUUID: try AgentIdentity.agentUUID(&decoder), apiKey: try AgentIdentity.apiKey(decoder))
        try Self.checkIdentity(configured, layers, memory)
        let mountPath = try decoder.path("iso.mount_path") ?? ConfigDriveSettings().mountPath
        (memory.path, memory.configured, memory.mountPath) = (layers.path, configured, mountPath)
        memory.toldOfFile = false
      } catch {
        if !memory.toldOfFile {
          warnings.append(
            ConfigurationWarning(
              file: error.file, line: error.line, key: error.key,
              message: error.message + "; the identity read before is used"))
        }
        memory.toldOfFile = true
      }
      if let warning = readDrive(&memory) { warnings.append(warning) }
      return IdentityReading(
        identity: Self.identity(memory.configured, drive: memory.drive), warnings: warnings)
    }
  }

  private struct Layers {
    var path: String?
    var file: SettingsFile?
    var settings: [String: Setting] = [:]
    var warnings: [ConfigurationWarning] = []
  }

  private func load(_ memory: inout Memory) throws(ConfigurationError) -> LoadedConfiguration {
    let layers = try layers(memory)
    var decoder = SettingDecoder(layers.settings)
    var configuration = try AgentConfiguration(&decoder)
    configuration.source = layers.path
    try Self.checkIdentity(configuration.nats.identity, layers, memory)
    if let inUse = memory.inUse, let file = layers.file, let path = layers.path {
      try inUse.check(file, settings: layers.settings, path: path)
    }
    // From here on nothing throws: what is remembered is valid as a whole.
    memory.path = layers.path
    memory.inUse = SettingsInUse(settings: layers.settings, file: layers.file)
    memory.configured = configuration.nats.identity
    memory.mountPath = configuration.iso.mountPath
    memory.toldOfFile = false
    memory.toldOfDrive = false

    var loaded = LoadedConfiguration(
      configuration: configuration, warnings: layers.warnings + decoder.warnings,
      agentUUIDOrigin: origin("nats.agent_uuid", configuration.nats.agentUUID.isEmpty, layers.settings),
      apiKeyOrigin: origin("nats.api_key", configuration.nats.apiKey.isEmpty, layers.settings))
    if let warning = readDrive(&memory) { loaded.warnings.append(warning) }
    if let drive = memory.drive {
      loaded.drive = drive
      if !drive.virtualMachineID.isEmpty { loaded.agentUUIDOrigin = .drive }
      if UUIDText.canonical(drive.virtualMachineID) != nil,
        let remark = AgentIdentity.remark(on: drive.virtualMachineID)
      {
        loaded.warnings.append(
          ConfigurationWarning(
            file: drive.source, key: "virtual_machine_id",
            message: "\(KeyText.quoted(drive.virtualMachineID)) \(remark)"))
      }
      if !drive.agentAPIKey.isEmpty { loaded.apiKeyOrigin = .drive }
      let identity = Self.identity(memory.configured, drive: drive)
      loaded.configuration.nats.agentUUID = identity.agentUUID
      loaded.configuration.nats.apiKey = identity.apiKey
    }
    if let path = layers.path, layers.file?.settings.isEmpty == true {
      loaded.warnings.append(
        ConfigurationWarning(
          file: path,
          message: "holds no settings: the defaults stand, and "
            + "\(loaded.configuration.agent.allowedOperations.count) operations are allowed"))
    }
    loaded.warnings += Self.warnings(missingIn: loaded.configuration)
    return loaded
  }

  /// Checks that no part of the identity in use is lost. What the config drive gives can't be lost by the file.
  private static func checkIdentity(
    _ configured: AgentIdentity, _ layers: Layers, _ memory: Memory
  ) throws(ConfigurationError) {
    let (old, new) = (
      identity(memory.configured, drive: memory.drive), identity(configured, drive: memory.drive)
    )
    let key: String
    if !old.agentUUID.isEmpty, new.agentUUID.isEmpty {
      key = "nats.agent_uuid"
    } else if !old.apiKey.isEmpty, new.apiKey.isEmpty {
      key = "nats.api_key"
    } else {
      return
    }
    throw ConfigurationError(
      file: layers.path ?? "configuration", key: key,
      message: "is gone from the file; write it again, or restart the agent if it is to have none")
  }

  /// The file's settings with the environment's in their place.
  private func layers(_ memory: Memory) throws(ConfigurationError) -> Layers {
    var layers = Layers(path: memory.path ?? explicitPath ?? found())
    if let path = layers.path {
      let file = try SettingsFile(path: path)
      layers.file = file
      layers.settings = file.settings
      layers.warnings = file.warnings
    }
    let variables = EnvironmentSettings(environment)
    layers.settings.merge(variables.settings) { _, fromEnvironment in fromEnvironment }
    layers.warnings += variables.warnings
    return layers
  }

  /// The first of the search paths that exists, whether or not it can be read.
  private func found() -> String? {
    searchPaths.first { FileBytes.exists($0) }
  }

  private func readDrive(_ memory: inout Memory) -> ConfigurationWarning? {
    do throws(ConfigDrive.Problem) {
      if let drive = try ConfigDrive.read(mountPath: memory.mountPath) { memory.drive = drive }
      memory.toldOfDrive = false
      return nil
    } catch {
      defer { memory.toldOfDrive = true }
      return memory.toldOfDrive ? nil : error.warning
    }
  }

  /// Each part of the drive's identity counts when it is there.
  private static func identity(_ configured: AgentIdentity, drive: ConfigDrive?) -> AgentIdentity {
    guard let drive else { return configured }
    return AgentIdentity(
      agentUUID: AgentUUID(drive.virtualMachineID)?.text ?? configured.agentUUID,
      apiKey: drive.agentAPIKey.isEmpty ? configured.apiKey : drive.agentAPIKey)
  }

  private func origin(
    _ key: String, _ isEmpty: Bool, _ settings: [String: Setting]
  ) -> LoadedConfiguration.Origin {
    guard !isEmpty, let setting = settings[key] else { return .none }
    return setting.isFromEnvironment ? .environment : .file
  }

  private static func warnings(missingIn configuration: AgentConfiguration) -> [ConfigurationWarning] {
    let file = configuration.source ?? "configuration"
    var warnings: [ConfigurationWarning] = []
    if configuration.nats.agentUUID.isEmpty {
      warnings.append(
        ConfigurationWarning(
          file: file, key: "nats.agent_uuid",
          message: "is empty: the agent does not know who it is; set it, or attach the config drive"))
    }
    if configuration.nats.apiKey.isEmpty {
      warnings.append(
        ConfigurationWarning(
          file: file, key: "nats.api_key",
          message: "is empty: the server will refuse the agent; set it, or attach the config drive"))
    }
    if let message = configuration.nats.clearTextWarning {
      let key = configuration.nats.connectionType == .nats ? "nats.url" : "nats.websocket_url"
      warnings.append(ConfigurationWarning(file: file, key: key, message: message))
    }
    return warnings
  }
}

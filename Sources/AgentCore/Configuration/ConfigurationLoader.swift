internal import AgentProtocol
internal import Locks

/// Loads the configuration. The environment overrides the file, and the identity on the config drive overrides both.
///
/// Every later ``load()`` reads the file that the first one found. If it has been removed, loading fails: falling back to the
/// defaults might allow more.
final class ConfigurationLoader: Sendable {
  /// The current identity, and problems with reading it.
  struct IdentityReading: Sendable, Equatable {
    /// The credentials to connect with.
    var identity: AgentIdentity
    /// New problems; each is reported once until a reading succeeds.
    var warnings: [ConfigurationWarning]
  }

  private struct Memory {
    var path: String?
    /// Checks reloaded files against the settings in use; nil before the first load.
    var reloadGuard: ReloadGuard?
    /// The identity from file and environment, as last read without an error.
    var configured = AgentIdentity()
    var mountPath = ConfigDriveSettings().mountPath
    /// The drive as last read. Its identity stays in use after it was unmounted.
    var drive: ConfigDrive?
    var hasReportedFile = false
    var hasReportedDrive = false
  }

  private let explicitPath: String?
  private let environment: [String: String]
  private let searchPaths: [String]
  private let memory = Locked(Memory())

  /// Creates a loader without reading anything.
  ///
  /// - Parameters:
  ///   - explicitPath: The argument of `--config`. Only this file is read, and it must exist.
  ///   - environment: The environment variables of the process.
  ///   - searchPaths: The files to try without `explicitPath`; ``defaultSearchPaths(home:)`` with `HOME` when `nil`.
  init(
    explicitPath: String? = nil,
    environment: [String: String] = ProcessEnvironment.current(),
    searchPaths: [String]? = nil
  ) {
    self.explicitPath = explicitPath
    self.environment = environment
    self.searchPaths = searchPaths ?? Self.defaultSearchPaths(home: environment["HOME"])
  }

  /// A new loader that behaves like that of a restarted process.
  func afterRestart() -> ConfigurationLoader {
    ConfigurationLoader(explicitPath: explicitPath, environment: environment, searchPaths: searchPaths)
  }

  /// The files to try, in order; the first that exists is used.
  ///
  /// - Parameter home: The value of `HOME`. Ignored when it is absent, empty or relative.
  static func defaultSearchPaths(home: String?) -> [String] {
    var paths = ["/etc/plusclouds/agent.yaml"]
    if let home, home.hasPrefix("/") { paths.append(home + "/.plusclouds/agent.yaml") }
    return paths + ["./configs/agent.yaml", "./agent.yaml"]
  }

  /// Loads the whole configuration, at start and on SIGHUP.
  ///
  /// - Throws: ``ConfigurationError``. The caller keeps the settings in use.
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

  /// Reads id and key again, before each connection. Never fails: a value that cannot be read keeps its last one.
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
        memory.hasReportedFile = false
      } catch {
        if !memory.hasReportedFile {
          warnings.append(
            ConfigurationWarning(
              file: error.file, line: error.line, key: error.key,
              message: error.message + "; the identity read before is used"))
        }
        memory.hasReportedFile = true
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
    if let reloadGuard = memory.reloadGuard, let file = layers.file, let path = layers.path {
      try reloadGuard.check(file, settings: layers.settings, path: path)
    }
    // Nothing throws from here on, so that the state is updated as a whole.
    memory.path = layers.path
    memory.reloadGuard = ReloadGuard(settings: layers.settings, file: layers.file)
    memory.configured = configuration.nats.identity
    memory.mountPath = configuration.iso.mountPath
    memory.hasReportedFile = false
    memory.hasReportedDrive = false

    var loaded = LoadedConfiguration(
      configuration: configuration, warnings: layers.warnings + decoder.warnings,
      agentUUIDOrigin: origin("nats.agent_uuid", configuration.nats.agentUUID.isEmpty, layers.settings),
      apiKeyOrigin: origin("nats.api_key", configuration.nats.apiKey.isEmpty, layers.settings))
    if let warning = readDrive(&memory) { loaded.warnings.append(warning) }
    if let drive = memory.drive {
      loaded.drive = drive
      if !drive.virtualMachineID.isEmpty { loaded.agentUUIDOrigin = .drive }
      if UUIDText.canonical(drive.virtualMachineID) != nil,
        let note = AgentIdentity.normalizationNote(for: drive.virtualMachineID)
      {
        loaded.warnings.append(
          ConfigurationWarning(
            file: drive.source, key: "virtual_machine_id",
            message: "\(KeyText.quoted(drive.virtualMachineID)) \(note)"))
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
          message: "contains no settings: the defaults apply, and "
            + "\(loaded.configuration.agent.allowedOperations.count) operations are allowed"))
    }
    loaded.warnings += Self.warnings(missingIn: loaded.configuration)
    return loaded
  }

  /// Checks that a reload loses no part of the identity in use. Parts that the config drive provides may be missing in the
  /// file.
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

  /// The settings of the file, overridden by those of the environment.
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

  /// The first search path that exists, even if it is not readable.
  private func found() -> String? {
    searchPaths.first { FileBytes.exists($0) }
  }

  private func readDrive(_ memory: inout Memory) -> ConfigurationWarning? {
    do throws(ConfigDrive.Problem) {
      if let drive = try ConfigDrive.read(mountPath: memory.mountPath) { memory.drive = drive }
      memory.hasReportedDrive = false
      return nil
    } catch {
      defer { memory.hasReportedDrive = true }
      return memory.hasReportedDrive ? nil : error.warning
    }
  }

  /// The configured identity, with the parts replaced that the drive provides.
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
          message: "is empty: the agent has no identity; set it, or attach the config drive"))
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

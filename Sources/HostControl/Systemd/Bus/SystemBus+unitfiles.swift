import Encoding
import Glibc

extension SystemBus {
  /// Enables a service and reloads the unit files.
  func enable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    let purpose = "enable \(name)"
    return try await withLock(onUnit: name, to: purpose) { unit throws(SystemdError) in
      var change = try await unitFile(of: unit, to: purpose)
      switch change.means {
      case .none: return change
      case .initScript(let path): try await runInitScriptTool("enable", path, to: purpose)
      case .unitFile:
        let call = BusCall.manager(
          "EnableUnitFiles", [.strings([unit]), .bool(false), .bool(false)], timeout: Self.reloadTimeout,
          to: purpose)
        let (hasInstallSection, links) = try await self.call(call) { reader throws(BusReadFailure) in
          (try reader.bool(), try reader.changedLinks())
        }
        change.hasInstallSection = hasInstallSection
        change.means = .unitFile(links: links)
      }
      return try await reloaded(change, to: purpose)
    }
  }

  /// Disables a service and reloads the unit files. Runtime links (`--runtime` of systemctl(1)) are removed too, as the service
  /// would stay enabled with them until the next boot.
  func disable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    let purpose = "disable \(name)"
    return try await withLock(onUnit: name, to: purpose) { unit throws(SystemdError) in
      var change = try await unitFile(of: unit, to: purpose)
      switch change.means {
      case .none: return change
      case .initScript(let path): try await runInitScriptTool("disable", path, to: purpose)
      case .unitFile:
        var links = try await removeLinks(of: unit, isRuntime: false, to: purpose)
        if try await unitFileState(of: unit, to: purpose) == "enabled-runtime" {
          links += try await removeLinks(of: unit, isRuntime: true, to: purpose)
        }
        change.means = .unitFile(links: links)
      }
      return try await reloaded(change, to: purpose)
    }
  }

  private func removeLinks(
    of unit: String, isRuntime: Bool, to purpose: String
  ) async throws(SystemdError) -> Int {
    let call = BusCall.manager(
      "DisableUnitFiles", [.strings([unit]), .bool(isRuntime)], timeout: Self.reloadTimeout, to: purpose)
    return try await self.call(call) { reader throws(BusReadFailure) in try reader.changedLinks() }
  }

  /// How a service can be enabled and disabled, and its present state.
  private func unitFile(of unit: String, to purpose: String) async throws(SystemdError) -> UnitFileChange {
    // systemd fails this call when there is no unit file.
    let call = BusCall.manager("GetUnitFileState", [.string(unit)], to: purpose)
    let state = try await self.call(call) { reader throws(BusReadFailure) in try reader.string() }
    let (wantedBy, source) = try await origin(of: unit, to: purpose)
    let script = state == "generated" ? Self.initScript(of: unit, madeFrom: source) : nil
    let means: UnitFileChange.Means =
      if let script, Self.initScriptTool != nil {
        .initScript(path: script)
      } else if UnitFileChange.isFixed(state) {
        .none(initScript: script)
      } else {
        .unitFile(links: 0)
      }
    return UnitFileChange(
      unit: unit, means: means, stateBefore: state, stateAfter: state, wantedByBefore: wantedBy,
      wantedBy: wantedBy)
  }

  private func reloaded(
    _ change: UnitFileChange, to purpose: String
  ) async throws(SystemdError) -> UnitFileChange {
    try await call(.manager("Reload", timeout: Self.reloadTimeout, to: "\(purpose): reload the unit files"))
    var change = change
    change.stateAfter = try await unitFileState(of: change.unit, to: purpose)
    change.wantedBy = try await origin(of: change.unit, to: purpose).wantedBy
    return change
  }

  /// The state of a unit file; empty when there is none.
  private func unitFileState(of unit: String, to purpose: String) async throws(SystemdError) -> String {
    let call = BusCall.manager("GetUnitFileState", [.string(unit)], to: purpose)
    do throws(SystemdError) {
      return try await self.call(call) { reader throws(BusReadFailure) in try reader.string() }
    } catch {
      guard error.code == .unitNotFound else { throw error }
      return ""
    }
  }

  private func origin(
    of unit: String, to purpose: String
  ) async throws(SystemdError) -> (wantedBy: [String], source: String) {
    do throws(SystemdError) {
      let values = try await properties(
        of: unit, unit: ServiceTraits.wanting.union(["LoadState", "SourcePath"]), service: [], to: purpose)
      let wantedBy = Set(ServiceTraits.wanting.flatMap { values[$0]?.strings ?? [] })
      return (wantedBy.sorted(), values["SourcePath"]?.string ?? "")
    } catch {
      guard error.code == .unitNotFound else { throw error }
      return ([], "")
    }
  }

  // MARK: Init scripts

  private static let initScripts = "/etc/init.d/"

  /// The init script that a unit was generated from.
  static func initScript(of unit: String, madeFrom source: String) -> String? {
    guard source.utf8.starts(with: initScripts.utf8),
      unit.hasSameBytes(as: "\(scriptName(source)).service")
    else { return nil }
    return source
  }

  private static func scriptName(_ path: String) -> Substring {
    Substring(path.utf8.dropFirst(initScripts.utf8.count))
  }

  /// The program of the distribution that enables init scripts and that systemctl(1) calls; nil when there is none.
  private static var initScriptTool: String? {
    ["/lib/systemd/systemd-sysv-install", "/usr/lib/systemd/systemd-sysv-install"]
      .first { access($0, X_OK) == 0 }
  }

  private func runInitScriptTool(
    _ verb: String, _ script: String, to purpose: String
  ) async throws(SystemdError) {
    guard let tool = Self.initScriptTool else {
      throw .unusable(purpose, "this machine has no systemd-sysv-install for init scripts")
    }
    let name = String(Self.scriptName(script))
    let unit = "plusclouds-init-script-\(String(UInt64.random(in: 0 ... .max), radix: 16)).service"
    let service = TransientService(
      name: unit, description: "\(verb) the init script \(name) for the PlusClouds agent", executable: tool,
      arguments: [verb, name], timeLimit: Self.reloadTimeout)
    let ending = try await runTransient(service, descriptors: nil)
    guard ending == .exited(0) else {
      throw .unusable(purpose, "\(tool) \(verb) \(name) failed: see journalctl --unit=\(unit)")
    }
  }

  /// The timeout of a reload: generators run, and a large machine has thousands of unit files.
  private static var reloadTimeout: Duration { .seconds(120) }
}

extension BusReader {
  /// The number of links in an `a(sss)` of unit file changes that were created or removed. Other entries are notes, such as
  /// `masked`.
  fileprivate func changedLinks() throws(BusReadFailure) -> Int {
    let kinds = try array(of: "(sss)") { reader throws(BusReadFailure) in
      try reader.structure("sss") { reader throws(BusReadFailure) in
        let kind = try reader.string()
        try reader.skip("ss")
        return kind
      }
    }
    return kinds.count { $0 == "symlink" || $0 == "unlink" }
  }
}

import HostControl

extension UnitFileChange {
  /// Whether a service is now enabled or disabled as requested, with an explanation.
  enum Verdict: Sendable, Equatable {
    /// Changed as requested. The text is appended to "enable done" or "disable done"; may be empty.
    case done(String)
    /// The state was as requested before; nothing was changed.
    case already(String)
    /// Not as requested.
    case failed(String)
  }

  /// The verdict after enabling the service.
  var enabled: Verdict {
    switch means {
    case .initScript(let path):
      guard !wantedBy.isEmpty else {
        return .failed("no target starts \(path): see the header of the script")
      }
      return wantedByBefore.isEmpty ? .done("") : .already("it is enabled")
    case .unitFile(let links):
      if stateAfter == "enabled" || (stateAfter == "indirect" && hasInstallSection) {
        return links > 0 ? .done("") : .already("it is \(stateAfter)")
      }
      guard links == 0 else {
        return .done("it is \(stateAfter.isEmpty ? "not known any more" : stateAfter)")
      }
      return .failed("nothing was changed: \(reason)")
    case .none: return .failed("nothing was changed: \(reason)")
    }
  }

  /// The verdict after disabling the service.
  var disabled: Verdict {
    let starters = wantedBy.joined(separator: ", ")
    switch means {
    case .initScript(let path):
      guard wantedBy.isEmpty else { return .failed("\(starters) still starts \(path)") }
      return wantedByBefore.isEmpty ? .already("it is disabled") : .done("")
    case .unitFile(let links):
      if stateAfter.hasPrefix("enabled") {
        return .failed(
          "it is still \(stateAfter): links outside of /etc/systemd/system and /run/systemd/system start it")
      }
      // The vendor's own links may still start the unit.
      let rest = wantedBy.isEmpty ? "" : "it is still wanted by \(starters)"
      if links > 0 { return .done(rest) }
      guard stateAfter == "disabled" else { return .failed("nothing was changed: \(reason)") }
      return .already(rest.isEmpty ? "it is disabled" : "it is disabled, and \(rest)")
    case .none: return .failed("nothing was changed: \(reason)")
    }
  }

  /// Why nothing was changed, and what to do instead.
  private var reason: String {
    let starters = wantedBy.isEmpty ? "" : "; it is wanted by \(wantedBy.joined(separator: ", "))"
    switch stateBefore {
    case "generated":
      if case .none(let script?) = means {
        return "it is the init script \(script), and this machine has no systemd-sysv-install\(starters)"
      }
      return "it is generated at each boot from other files: edit those\(starters)"
    case "transient": return "it is transient: it has no unit file, and ends with the boot at the latest"
    case "masked", "masked-runtime": return "it is \(stateBefore): nothing starts it until systemctl unmask"
    case "static": return "its unit file has no [Install] section: other units start it\(starters)"
    case "indirect":
      return "it is indirect: units that its [Install] section names in Also= start it\(starters)"
    default: return "its state is \(stateAfter.isEmpty ? "unknown" : stateAfter)\(starters)"
    }
  }
}

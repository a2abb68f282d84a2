import Glibc
import HostControl

/// The rules that decide which failed services may be restarted.
struct AutohealRules: Sendable {
  private let settings: AutohealSettings

  /// Creates the rules of the section `autoheal` of the configuration.
  init(_ settings: AutohealSettings) {
    self.settings = settings
  }

  /// Whether a unit belongs to the agent itself. Such units are neither reported nor restarted.
  static func isOwn(_ unit: String) -> Bool { unit.utf8.starts(with: "plusclouds-".utf8) }

  /// The reason why the configuration forbids a restart; nil when it does not.
  func objection(to unit: String) -> String? {
    if !settings.isEnabled { return "autoheal is off" }
    if Self.isOwn(unit) { return "it is the agent's own" }
    if settings.exclude.contains(where: { Self.matches($0, unit) }) { return "autoheal.exclude names it" }
    if !settings.units.isEmpty, !settings.units.contains(where: { Self.matches($0, unit) }) {
      return "autoheal.units does not name it"
    }
    return nil
  }

  /// The reason why a service must not be restarted; nil when it may be.
  func objection(to unit: String, _ traits: ServiceTraits, isStopped: Bool) -> String? {
    if isStopped { return "it was being stopped" }
    if let objection = objection(to: unit) { return objection }
    if traits.loadState == "masked" || traits.unitFileState.hasPrefix("masked") { return "it is masked" }
    if traits.isTransient { return "it is transient" }
    if traits.isOneshot { return "it is a oneshot" }
    if !traits.triggeredBy.isEmpty { return "\(traits.triggeredBy[0]) starts it" }
    if !traits.isStartedAtBoot { return "it is not enabled" }
    return nil
  }

  /// Whether a glob (fnmatch(3)) matches the name of a service, with or without `.service`.
  static func matches(_ pattern: String, _ unit: String) -> Bool {
    let suffix = ".service".utf8
    let short =
      unit.utf8.suffix(suffix.count).elementsEqual(suffix)
      ? String(decoding: unit.utf8.dropLast(suffix.count), as: UTF8.self) : unit
    return fnmatch(pattern, unit, 0) == 0 || fnmatch(pattern, short, 0) == 0
  }
}

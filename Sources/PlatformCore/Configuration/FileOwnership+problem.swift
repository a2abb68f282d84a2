import ConfigurationFiles
import Glibc

extension FileOwnership {
  /// The message about a file that others than root could change; nil = only root can. A service that may write its own keys and
  /// configuration preserves the changes of an attacker.
  static func problem(path: String, _ file: TextFile) -> String? {
    weakness(
      of: Status(path: path, owner: file.owner, group: file.group, mode: file.mode), trusting: .root
    ).map { message(about: $0, user: geteuid()) }
  }

  /// - Parameter user: The user of this process.
  static func message(about weakness: Weakness, user: UInt32) -> String {
    let advice = "chown root:plusclouds-platform, chmod 0640"
    return switch weakness {
    case .owner(user): "can be changed by the user that the platform runs as: \(advice)"
    case .owner(let owner): "can be changed by user \(owner), its owner: \(advice)"
    case .folderOwner(let owner, let folder):
      "can be replaced by user \(owner), the owner of \(folder): chown root, chmod 0750"
    case .writableFolder(let folder): "can be replaced by others, who can write in \(folder): chmod go-w"
    }
  }
}

import ConfigurationFiles

extension FileOwnership {
  /// The message about a configuration file that others than root and the agent's user could change; nil = only they can.
  static func problem(of file: Status) -> String? {
    weakness(of: file, trusting: .rootAndProcess).map(message)
  }

  static func message(about weakness: Weakness) -> String {
    switch weakness {
    case .owner(let user): "belongs to user \(user), who could widen the allowlists; chown it to root"
    case .folderOwner(let user, let folder):
      "could be replaced by user \(user), the owner of \(folder), who could widen the "
        + "allowlists; chown the folder to root"
    case .writableFolder(let folder):
      "could be replaced by others, who can write in \(folder) and could widen the allowlists; "
        + "chmod go-w the folder"
    }
  }
}

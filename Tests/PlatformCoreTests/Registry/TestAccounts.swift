@testable import PlatformCore

/// The accounts of a server as ``ServerConfiguration`` writes them, where clients without credentials are the platform.
enum TestAccounts {
  /// - Parameter adjust: changes the accounts.
  static func configuration(store: String, _ adjust: (String) -> String = { $0 }) -> String {
    """
    jetstream { store_dir: "\(store)" }
    accounts {
    \(adjust(accounts))
    }
    no_auth_user: fleet

    """
  }

  private static var accounts: String {
    """
      FLEET {
        jetstream: enabled
        users: [ { user: fleet, password: fleet } ]
    \(ServerConfiguration.recordImports)
      }
    \(ServerConfiguration.recordAccount(importedBy: "FLEET"))
    """
  }

  /// Lets the stream of the record be changed, as an administrator does by hand.
  static func allowingUpdate(_ text: String) -> String {
    text.replacing("# { service", with: "{ service")
  }
}

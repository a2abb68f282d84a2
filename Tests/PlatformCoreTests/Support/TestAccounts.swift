@testable import PlatformCore

/// The accounts that ``ServerConfiguration`` writes, with clients without credentials as the platform.
enum TestAccounts {
  /// The configuration of a server.
  ///
  /// - Parameter adjust: Changes the text of the accounts.
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

  /// Permits updates of the audit stream, as an administrator would.
  static func allowingUpdate(_ text: String) -> String {
    text.replacing("# { service", with: "{ service")
  }
}

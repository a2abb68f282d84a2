/// What the platform put on the machine's config drive (`metadata.yaml`, else `metadata.json`).
///
/// Only the identity is used. The rest is understood, so that a drive can be checked, and never applied or logged:
/// the values of this type print as the drive's path alone.
struct ConfigDrive: Sendable, Equatable {
  /// An entry of `virtualNetworkCards.data`.
  struct NetworkCard: Sendable, Equatable {
    /// `mac_addr`.
    var macAddress: String
    /// `network.data`: its scalar fields.
    var network: [String: String]
    /// `ipList.data`: the scalar fields of each address.
    var addresses: [[String: String]]
  }

  /// An entry of `serviceRoles.data`.
  struct ServiceRole: Sendable, Equatable {
    /// `name`.
    var name: String
    /// `config`, when it is text; may hold credentials.
    var config: Secret
  }

  /// The file that was read.
  var source: String
  /// `virtual_machine_id`; empty when absent.
  var virtualMachineID: String
  /// `agent_api_key`; empty when absent.
  var agentAPIKey: Secret
  /// `hostname`; empty when absent.
  var hostname: String
  /// `username`; empty when absent.
  var username: String
  /// `password`; empty when absent.
  var password: Secret
  /// `virtualDisks.data`: the scalar fields of each disk.
  var disks: [[String: String]]
  /// `virtualNetworkCards.data`.
  var networkCards: [NetworkCard]
  /// `serviceRoles.data`.
  var serviceRoles: [ServiceRole]
  /// `SSHPublicKeys`.
  var sshPublicKeys: [String]
}

extension ConfigDrive: CustomStringConvertible, CustomReflectable {
  /// Names the file only.
  var description: String { "ConfigDrive(\(source))" }

  /// A mirror that shows the file only.
  var customMirror: Mirror { Mirror(self, children: ["source": source]) }
}

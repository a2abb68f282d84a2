/// The section `iso`: the config drive.
struct ConfigDriveSettings: Sendable, Equatable {
  /// `iso.mount_path`: the folder that the drive is mounted on.
  var mountPath = "/media/plusclouds-config"
}

/// The metadata that the platform put on the machine's config drive (`metadata.yaml`, else `metadata.json`).
///
/// Only the identity is used. The other fields are parsed for validation; they are never applied or logged. The textual forms
/// of this type contain the path of the file only.
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
    /// `config`, when it is text; may contain credentials.
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
  var description: String { "ConfigDrive(\(source))" }

  var customMirror: Mirror { Mirror(self, children: ["source": source]) }
}

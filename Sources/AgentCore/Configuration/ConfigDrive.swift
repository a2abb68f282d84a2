/// What the platform put on the machine's config drive (`metadata.yaml`, else `metadata.json`).
///
/// Only the identity is used. The rest is understood, so that a drive can be checked, and never applied or logged:
/// the values of this type print as the drive's path alone.
public struct ConfigDrive: Sendable, Equatable {
  /// An entry of `virtualNetworkCards.data`.
  public struct NetworkCard: Sendable, Equatable {
    /// `mac_addr`.
    public var macAddress: String
    /// `network.data`: its scalar fields.
    public var network: [String: String]
    /// `ipList.data`: the scalar fields of each address.
    public var addresses: [[String: String]]
  }

  /// An entry of `serviceRoles.data`.
  public struct ServiceRole: Sendable, Equatable {
    /// `name`.
    public var name: String
    /// `config`, when it is text; may hold credentials.
    public var config: Secret
  }

  /// The file that was read.
  public var source: String
  /// `virtual_machine_id`; empty when absent.
  public var virtualMachineID: String
  /// `agent_api_key`; empty when absent.
  public var agentAPIKey: Secret
  /// `hostname`; empty when absent.
  public var hostname: String
  /// `username`; empty when absent.
  public var username: String
  /// `password`; empty when absent.
  public var password: Secret
  /// `virtualDisks.data`: the scalar fields of each disk.
  public var disks: [[String: String]]
  /// `virtualNetworkCards.data`.
  public var networkCards: [NetworkCard]
  /// `serviceRoles.data`.
  public var serviceRoles: [ServiceRole]
  /// `SSHPublicKeys`.
  public var sshPublicKeys: [String]
}

extension ConfigDrive: CustomStringConvertible, CustomReflectable {
  /// Names the file only.
  public var description: String { "ConfigDrive(\(source))" }

  /// A mirror that shows the file only.
  public var customMirror: Mirror { Mirror(self, children: ["source": source]) }
}

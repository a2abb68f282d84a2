import TestFiles
import Testing

@testable import AgentCore

@Suite struct ConfigDriveTests {
  static let uuid = "8d8ac610-566d-4ef0-9c22-186b2a5ed793"
  static let key = "ssh-rsa " + String(repeating: "A", count: 2000) + " me"
  static let json = """
    {"virtual_machine_id":"\(uuid)","agent_api_key":"0123","hostname":"web-1","username":"root",
    \t"password":"p\\u00e4ss\\ud83d\\ude00","virtualDisks":{"data":[{"name":"root","size":10}]},
    "virtualNetworkCards":{"data":[{"mac_addr":"00:16:3e:00:00:01","network":{"data":{"cidr":"10.0.0.0/8"}},
    "ipList":{"data":[{"ip_addr":"10.0.0.2"}]}}]},"serviceRoles":{"data":[{"name":"db","config":"x=1"}]},
    "SSHPublicKeys":["\(key)"],"somethingNew":{"a":[null]}}
    """

  @Test func allFieldsAreParsedAndNonePrinted() throws {
    let drive = try ConfigDrive(bytes: Array(Self.json.utf8), path: "/x/metadata.json")
    #expect(drive.virtualMachineID == Self.uuid)
    #expect(drive.agentAPIKey.reveal() == "0123")
    #expect(drive.hostname == "web-1")
    #expect(drive.username == "root")
    #expect(drive.password.reveal() == "päss\u{1F600}")
    #expect(drive.disks == [["name": "root", "size": "10"]])
    #expect(drive.networkCards.first?.macAddress == "00:16:3e:00:00:01")
    #expect(drive.networkCards.first?.network == ["cidr": "10.0.0.0/8"])
    #expect(drive.networkCards.first?.addresses == [["ip_addr": "10.0.0.2"]])
    #expect(drive.serviceRoles.first?.name == "db")
    #expect(drive.sshPublicKeys == [Self.key])
    var text = "\(drive)\(String(reflecting: drive))"
    dump(drive, to: &text)
    for secret in ["web-1", "root", "0123", "ssh-rsa", "10.0.0.2", Self.uuid] {
      #expect(!text.contains(secret))
    }
  }

  /// The files of the drive, the resulting identity with `file-id` and `file-key` configured, and the number of warnings.
  @Test(
    arguments: [
      ([:], "file-id", "file-key", 0),
      (
        ["metadata.yaml": "virtual_machine_id: drive-id\nagent_api_key: drive-key\n"], "drive-id",
        "drive-key", 0
      ),
      (
        ["metadata.json": #"{"virtual_machine_id":"drive-id","agent_api_key":"drive-key"}"#], "drive-id",
        "drive-key", 0
      ),
      (["metadata.yaml": "virtual_machine_id: drive-id"], "drive-id", "file-key", 0),
      (["metadata.yaml": "virtual_machine_id: ''\nagent_api_key: drive-key"], "file-id", "drive-key", 0),
      (["metadata.yaml": "virtual_machine_id:\nagent_api_key: ~"], "file-id", "file-key", 0),
      (
        ["metadata.yaml": "agent_api_key: yaml", "metadata.json": #"{"agent_api_key":"json"}"#], "file-id",
        "yaml", 0
      ),
      (["metadata.yaml": "virtual_machine_id: 'a.>'\nagent_api_key: drive-key"], "file-id", "file-key", 1),
      (["metadata.yaml": "virtual_machine_id: a/b\nagent_api_key: drive-key"], "file-id", "file-key", 1),
      (["metadata.yaml": "{{{"], "file-id", "file-key", 1),
      (["metadata.yaml": "- a"], "file-id", "file-key", 1),
      (["metadata.yaml": ""], "file-id", "file-key", 1),
      (
        ["metadata.json": #"{"virtual_machine_id":{},"hostname":[1],"virtualDisks":7}"#], "file-id",
        "file-key", 0
      ),
    ] as [([String: String], String, String, Int)])
  func driveOverridesTheConfiguredIdentity(
    files: [String: String], id: String, key: String, warnings: Int
  ) throws {
    let folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(name, text) }
    let path = try folder.write(
      "agent.yaml", "nats: {agent_uuid: file-id, api_key: file-key}\niso: {mount_path: \(folder.path)}")
    let loaded = try ConfigurationLoader(explicitPath: path, environment: [:]).load()
    #expect(loaded.configuration.nats.agentUUID == id)
    #expect(loaded.configuration.nats.apiKey.reveal() == key)
    #expect(loaded.agentUUIDOrigin == (id == "drive-id" ? .drive : .file))
    #expect(loaded.warnings.filter { $0.file.contains("metadata.") }.count == warnings)
    #expect(!loaded.warnings.contains { $0.description.contains("drive-key") })
  }
}

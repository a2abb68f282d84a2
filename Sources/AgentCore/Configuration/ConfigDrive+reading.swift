internal import AgentProtocol

extension ConfigDrive {
  /// Why the metadata of a mounted drive cannot be used.
  struct Problem: Error, Equatable {
    var file: String
    var line: Int?
    var message: String

    var warning: ConfigurationWarning {
      ConfigurationWarning(file: file, line: line, message: message + "; the config drive is ignored")
    }
  }

  /// Reads `metadata.yaml` in a folder, or `metadata.json` when it is absent; `nil` when both are.
  static func read(mountPath: String) throws(Problem) -> ConfigDrive? {
    for name in ["metadata.yaml", "metadata.json"] {
      let path = mountPath.hasSuffix("/") ? mountPath + name : mountPath + "/" + name
      let file: FileBytes
      do throws(FileBytes.Problem) {
        file = try FileBytes(path: path)
      } catch {
        switch error {
        case .absent: continue
        case .unreadable(let problem): throw Problem(file: path, message: problem)
        }
      }
      return try ConfigDrive(bytes: file.bytes, path: path)
    }
    return nil
  }

  init(bytes: [UInt8], path: String) throws(Problem) {
    let bytes = path.hasSuffix(".json") ? JSONEscapes.joiningSurrogates(bytes) : bytes
    let root: YAMLNode?
    do throws(YAMLError) {
      root = try YAMLReader.read(bytes, refusesDuplicateKeys: false).root
    } catch {
      throw Problem(file: path, line: error.line, message: error.message)
    }
    guard let root, root.entries != nil else {
      throw Problem(file: path, line: root?.line, message: "holds no mapping of keys")
    }
    source = path
    virtualMachineID = URLText.trimmed(Self.text(root["virtual_machine_id"])[...])
    if !virtualMachineID.isEmpty, AgentUUID(virtualMachineID) == nil {
      throw Problem(
        file: path, line: root["virtual_machine_id"]?.line,
        message: "virtual_machine_id \(AgentIdentity.rejectionReason(for: virtualMachineID))")
    }
    agentAPIKey = Secret(AgentIdentity.trimmingLineEnds(Self.text(root["agent_api_key"])))
    hostname = Self.text(root["hostname"])
    username = Self.text(root["username"])
    password = Secret(Self.text(root["password"]))
    disks = Self.items(root["virtualDisks"]).map(Self.fields)
    networkCards = Self.items(root["virtualNetworkCards"]).map { card in
      NetworkCard(
        macAddress: Self.text(card["mac_addr"]),
        network: Self.fields(card["network"]?["data"]),
        addresses: Self.items(card["ipList"]).map(Self.fields))
    }
    serviceRoles = Self.items(root["serviceRoles"]).map { role in
      ServiceRole(name: Self.text(role["name"]), config: Secret(Self.text(role["config"])))
    }
    sshPublicKeys = (root["SSHPublicKeys"]?.items ?? []).compactMap(\.text)
  }

  private static func text(_ node: YAMLNode?) -> String {
    guard let node, !node.isNull else { return "" }
    return node.text ?? ""
  }

  /// The items of the list `data` in a mapping.
  private static func items(_ node: YAMLNode?) -> [YAMLNode] {
    node?["data"]?.items ?? []
  }

  private static func fields(_ node: YAMLNode?) -> [String: String] {
    var fields: [String: String] = [:]
    for entry in node?.entries ?? [] where entry.value.text != nil {
      fields[entry.key] = text(entry.value)
    }
    return fields
  }
}
